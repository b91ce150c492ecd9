; inherits: ecmascript
(import_require_clause
  (identifier) @import.name
  source: (string) @import.source)

; The imported module's name is in its own source, not in the import.
(import_declaration
  (identifier) @import.source) @import

; A module's own name is said by its source, not here.
(import_declaration
  (identifier) @import.source) @import

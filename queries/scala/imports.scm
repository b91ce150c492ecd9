; No node is the path alone, so where from is not said.
(import_declaration) @import

(import_declaration
  (identifier) @import.name
  .)

(namespace_selectors
  (identifier) @import.name)

(arrow_renamed_identifier
  alias: (identifier) @import.name)

(as_renamed_identifier
  alias: (identifier) @import.name)

; No node contains the path alone, so there is no `@import.source`.
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

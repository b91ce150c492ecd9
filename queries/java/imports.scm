(import_declaration) @import

(import_declaration
  (scoped_identifier
    scope: (_) @import.source
    name: (identifier) @import.name)
  .)

(import_declaration
  (scoped_identifier) @import.source
  (asterisk))

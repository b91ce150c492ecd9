[
  (future_import_statement)
  (import_from_statement)
  (import_statement)
] @import

; `import os.path` imports the name `os`.
(import_statement
  name: (dotted_name
    .
    (identifier) @import.name) @import.source)

(import_statement
  name: (aliased_import
    name: (dotted_name) @import.source))

(import_from_statement
  module_name: (_) @import.source)

(import_from_statement
  name: (dotted_name) @import.name)

(future_import_statement
  "__future__" @import.source)

(future_import_statement
  name: (dotted_name) @import.name)

(aliased_import
  alias: (identifier) @import.name)

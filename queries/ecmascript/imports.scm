(import_statement) @import

(import_statement
  source: (string) @import.source)

(import_clause
  (identifier) @import.name)

(namespace_import
  (identifier) @import.name)

(import_specifier
  name: (identifier) @import.name
  !alias)

(import_specifier
  alias: (identifier) @import.name)

(export_statement
  source: (string) @import.source) @import

; CommonJS imports.
((_
  (variable_declarator
    name: [
      (identifier) @import.name
      (object_pattern
        (shorthand_property_identifier_pattern) @import.name)
      (object_pattern
        (pair_pattern
          value: (identifier) @import.name))
    ]
    value: (call_expression
      function: (identifier) @_require
      arguments: (arguments
        .
        (string) @import.source)))) @import
  (#eq? @_require "require"))

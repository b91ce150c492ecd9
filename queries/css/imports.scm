(import_statement) @import

(import_statement
  .
  (string_value) @import.source)

(import_statement
  .
  (call_expression
    (arguments
      [
        (plain_value)
        (string_value)
      ] @import.source)))

((variable_declaration
  "const"
  .
  (identifier) @import.name
  (builtin_function
    (builtin_identifier) @_builtin
    (arguments
      (string) @import.source))) @import
  (#eq? @_builtin "@import"))

; `const Shape = @import("shape.zig").Shape;`
((variable_declaration
  "const"
  .
  (identifier) @import.name
  (field_expression
    object: (builtin_function
      (builtin_identifier) @_builtin
      (arguments
        (string) @import.source)))) @import
  (#eq? @_builtin "@import"))

((using_namespace_declaration
  (builtin_function
    (builtin_identifier) @_builtin
    (arguments
      (string) @import.source))) @import
  (#eq? @_builtin "@import"))

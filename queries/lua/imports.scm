((function_call
  name: (identifier) @_require
  arguments: (arguments
    (string) @import.source)) @import
  (#eq? @_require "require"))

((variable_declaration
  (assignment_statement
    (variable_list
      name: (identifier) @import.name)
    (expression_list
      value: (function_call
        name: (identifier) @_require
        arguments: (arguments
          (string) @import.source))))) @import
  (#eq? @_require "require"))

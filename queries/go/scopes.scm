(type_spec
  type: (struct_type
    (field_declaration_list) @body)) @scope.class

(type_spec
  type: (interface_type) @body) @scope.class

(function_declaration
  body: (block) @body) @scope.function

(method_declaration
  body: (block) @body) @scope.function

(func_literal
  body: (block) @body) @scope.function

(if_statement
  consequence: (block) @body) @scope.block

(if_statement
  alternative: (block) @body @scope.block)

(for_statement
  body: (block) @body) @scope.block

[
  (communication_case)
  (default_case)
  (expression_case)
  (expression_switch_statement)
  (select_statement)
  (type_case)
  (type_switch_statement)
] @scope.block

[
  (enum_declaration)
  (error_set_declaration)
  (opaque_declaration)
  (struct_declaration)
  (union_declaration)
] @scope.class @body

(variable_declaration
  [
    (enum_declaration)
    (error_set_declaration)
    (opaque_declaration)
    (struct_declaration)
    (union_declaration)
  ] @body) @scope.class

(function_declaration
  body: (block) @body) @scope.function

(test_declaration
  (block) @body) @scope.function

(comptime_declaration
  (block) @body) @scope.function

(if_statement
  body: (block_expression
    (block) @body)) @scope.block

(else_clause
  alternative: (labeled_statement
    (block) @body)) @scope.block

(for_statement
  body: (block_expression
    (block) @body)) @scope.block

(while_statement
  body: (block_expression
    (block) @body)) @scope.block

(labeled_statement
  (block_label)
  (block) @body) @scope.block

(switch_expression) @scope.block

(switch_case
  (block) @body) @scope.block

(catch_expression
  (block) @body) @scope.block

(defer_statement
  (block) @body) @scope.block

(errdefer_statement
  (block) @body) @scope.block

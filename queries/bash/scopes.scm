(function_definition
  body: (_) @body) @scope.function

(if_statement) @scope.block

(elif_clause) @scope.block

(else_clause) @scope.block

(for_statement
  body: (do_group) @body) @scope.block

(c_style_for_statement
  body: (_) @body) @scope.block

(while_statement
  body: (do_group) @body) @scope.block

[
  (case_item)
  (case_statement)
  (subshell)
] @scope.block

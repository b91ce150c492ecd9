(class_declaration
  body: (_) @body) @scope.class

(protocol_declaration
  body: (_) @body) @scope.class

(function_declaration
  body: (_) @body) @scope.function

(init_declaration
  body: (_) @body) @scope.function

(deinit_declaration
  body: (_) @body) @scope.function

(computed_property) @scope.function @body

[
  (computed_getter)
  (computed_modify)
  (computed_setter)
  (didset_clause)
  (willset_clause)
] @scope.function

(lambda_literal) @scope.function @body

[
  (catch_block)
  (do_statement)
  (for_statement)
  (guard_statement)
  (if_statement)
  (repeat_while_statement)
  (switch_entry)
  (switch_statement)
  (while_statement)
] @scope.block

(namespace_declaration
  body: (_) @body) @scope.module

(class_declaration
  body: (_) @body) @scope.class

(struct_declaration
  body: (_) @body) @scope.class

(record_declaration
  body: (_) @body) @scope.class

(interface_declaration
  body: (_) @body) @scope.class

(enum_declaration
  body: (_) @body) @scope.class

(method_declaration
  body: (block) @body) @scope.function

(constructor_declaration
  body: (block) @body) @scope.function

(destructor_declaration
  body: (block) @body) @scope.function

(operator_declaration
  body: (block) @body) @scope.function

(conversion_operator_declaration
  body: (block) @body) @scope.function

(local_function_statement
  body: (block) @body) @scope.function

(property_declaration
  accessors: (_) @body) @scope.function

(indexer_declaration
  accessors: (_) @body) @scope.function

(event_declaration
  accessors: (_) @body) @scope.function

(accessor_declaration
  body: (block) @body) @scope.function

(lambda_expression
  body: (block) @body) @scope.function

(anonymous_method_expression
  (block) @body) @scope.function

(if_statement
  consequence: (block) @body) @scope.block

(if_statement
  alternative: (block) @body @scope.block)

(for_statement
  body: (block) @body) @scope.block

(foreach_statement
  body: (block) @body) @scope.block

(while_statement
  body: (block) @body) @scope.block

(do_statement
  body: (block) @body) @scope.block

(switch_statement
  body: (switch_body) @body) @scope.block

[
  (switch_expression)
  (switch_section)
] @scope.block

(using_statement
  body: (block) @body) @scope.block

(lock_statement
  (block) @body) @scope.block

(checked_statement
  (block) @body) @scope.block

(unsafe_statement
  (block) @body) @scope.block

(fixed_statement
  (block) @body) @scope.block

(try_statement
  body: (block) @body) @scope.block

(catch_clause
  body: (block) @body) @scope.block

(finally_clause
  (block) @body) @scope.block

(class_declaration
  [
    (class_body)
    (enum_class_body)
  ] @body) @scope.class

(object_declaration
  (class_body) @body) @scope.class

(companion_object
  (class_body) @body) @scope.class

(object_literal
  (class_body) @body) @scope.class

(enum_entry
  (class_body) @body) @scope.class

(function_declaration
  (function_body
    (block) @body)) @scope.function

(anonymous_function
  (function_body
    (block) @body)) @scope.function

(getter
  (function_body
    (block) @body)) @scope.function

(setter
  (function_body
    (block) @body)) @scope.function

(secondary_constructor
  (block) @body) @scope.function

(anonymous_initializer
  (block) @body) @scope.function

(lambda_literal) @scope.function @body

(if_expression
  .
  condition: (_)
  .
  (block) @body) @scope.block

(if_expression
  "else"
  (block) @body @scope.block)

(for_statement
  (block) @body) @scope.block

(while_statement
  (block) @body) @scope.block

(do_while_statement
  (block) @body) @scope.block

(when_expression) @scope.block

(when_entry
  (block) @body) @scope.block

(try_expression
  .
  (block) @body) @scope.block

(catch_block
  (block) @body) @scope.block

(finally_block
  (block) @body) @scope.block

(statement) @scope.block

(create_table
  (column_definitions) @body) @scope.class

(create_function
  (function_body) @body) @scope.function

[
  (block)
  (case)
  (cte)
  (subquery)
  (transaction)
] @scope.block

[
  (table)
  (table_array_element)
] @scope.class

(pair
  (inline_table) @body) @scope.class

(pair
  (array) @body) @scope.block

[
  (table
    .
    (_) @name
    .
    (_)? @body)
  (table_array_element
    .
    (_) @name
    .
    (_)? @body)
] @definition.class

(document
  (pair
    .
    (_) @name) @definition.field)

(table
  (pair
    .
    (_) @name) @definition.field)

(table_array_element
  (pair
    .
    (_) @name) @definition.field)

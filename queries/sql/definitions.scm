(create_schema
  (identifier) @name) @definition.module

(create_table
  (object_reference
    name: (identifier) @name)
  (column_definitions)? @body) @definition.class

(create_view
  (object_reference
    name: (identifier) @name)
  (create_query) @body) @definition.class

(create_materialized_view
  (object_reference
    name: (identifier) @name)
  (create_query) @body) @definition.class

(column_definition
  name: (identifier) @name) @definition.field

(create_type
  (object_reference
    name: (identifier) @name)) @definition.type

; The return type may be a name too.
(create_function
  (keyword_function)
  .
  (object_reference
    name: (identifier) @name)
  (function_body)? @body) @definition.function

(create_sequence
  (object_reference
    name: (identifier) @name)) @definition.variable

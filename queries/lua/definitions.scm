; Variables of the file, and members of its tables.
(chunk
  (variable_declaration
    (assignment_statement
      (variable_list
        name: (identifier) @name))) @definition.variable)

(chunk
  (variable_declaration
    (assignment_statement
      (variable_list
        .
        name: (identifier) @name)
      (expression_list
        .
        value: (table_constructor) @body))) @definition.variable)

(chunk
  (assignment_statement
    (variable_list
      name: (identifier) @name)) @definition.variable)

(chunk
  (assignment_statement
    (variable_list
      name: (dot_index_expression
        field: (identifier) @name))) @definition.field)

(function_declaration
  name: [
    (identifier) @name
    (dot_index_expression
      field: (identifier) @name)
  ]
  body: (block)? @body) @definition.function

(function_declaration
  name: (method_index_expression
    method: (identifier) @name)
  body: (block)? @body) @definition.method

; Functions as values.
(assignment_statement
  (variable_list
    .
    name: [
      (identifier) @name
      (dot_index_expression
        field: (identifier) @name)
    ])
  (expression_list
    .
    value: (function_definition
      body: (block)? @body))) @definition.function

(variable_declaration
  (assignment_statement
    (variable_list
      .
      name: (identifier) @name)
    (expression_list
      .
      value: (function_definition
        body: (block)? @body)))) @definition.function

(field
  name: (identifier) @name
  value: (function_definition
    body: (block)? @body)) @definition.method

; Shared by JavaScript and TypeScript.
(class_declaration
  name: (_) @name
  body: (_) @body) @definition.class

(function_declaration
  name: (identifier) @name
  body: (_) @body) @definition.function

(generator_function_declaration
  name: (identifier) @name
  body: (_) @body) @definition.function

(method_definition
  name: [
    (private_property_identifier)
    (property_identifier)
  ] @name
  body: (_) @body) @definition.method

; Variables of the file.
(program
  (lexical_declaration
    kind: "let"
    (variable_declarator
      name: (identifier) @name)) @definition.variable)

(program
  (lexical_declaration
    kind: "const"
    (variable_declarator
      name: (identifier) @name)) @definition.constant)

(program
  (variable_declaration
    (variable_declarator
      name: (identifier) @name)) @definition.variable)

(export_statement
  declaration: (lexical_declaration
    kind: "let"
    (variable_declarator
      name: (identifier) @name)) @definition.variable)

(export_statement
  declaration: (lexical_declaration
    kind: "const"
    (variable_declarator
      name: (identifier) @name)) @definition.constant)

; Functions as values.
(lexical_declaration
  (variable_declarator
    name: (identifier) @name
    value: [
      (arrow_function
        body: (_) @body)
      (function_expression
        body: (_) @body)
      (generator_function
        body: (_) @body)
    ])) @definition.function

(variable_declaration
  (variable_declarator
    name: (identifier) @name
    value: [
      (arrow_function
        body: (_) @body)
      (function_expression
        body: (_) @body)
    ])) @definition.function

(assignment_expression
  left: (member_expression
    property: (property_identifier) @name)
  right: [
    (arrow_function
      body: (_) @body)
    (function_expression
      body: (_) @body)
  ]) @definition.function

(pair
  key: (property_identifier) @name
  value: [
    (arrow_function
      body: (_) @body)
    (function_expression
      body: (_) @body)
  ]) @definition.method

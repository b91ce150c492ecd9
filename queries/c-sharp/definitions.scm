(namespace_declaration
  name: (_) @name
  body: (_) @body) @definition.module

(file_scoped_namespace_declaration
  name: (_) @name) @definition.module

(class_declaration
  name: (identifier) @name
  body: (_)? @body) @definition.class

(struct_declaration
  name: (identifier) @name
  body: (_)? @body) @definition.class

(record_declaration
  name: (identifier) @name
  body: (_)? @body) @definition.class

(record_declaration
  (parameter_list
    (parameter
      name: (identifier) @name) @definition.field))

(interface_declaration
  name: (identifier) @name
  body: (_)? @body) @definition.interface

(enum_declaration
  name: (identifier) @name
  body: (_)? @body) @definition.enum

(enum_member_declaration
  name: (identifier) @name) @definition.variant

(delegate_declaration
  name: (identifier) @name) @definition.type

(field_declaration
  (variable_declaration
    (variable_declarator
      name: (identifier) @name))) @definition.field

((field_declaration
  (modifier) @_modifier
  (variable_declaration
    (variable_declarator
      name: (identifier) @name))) @definition.constant
  (#eq? @_modifier "const"))

((field_declaration
  (modifier) @_static
  (modifier) @_readonly
  (variable_declaration
    (variable_declarator
      name: (identifier) @name))) @definition.constant
  (#eq? @_static "static")
  (#eq? @_readonly "readonly"))

(event_field_declaration
  (variable_declaration
    (variable_declarator
      name: (identifier) @name))) @definition.field

(event_declaration
  name: (identifier) @name
  accessors: (_)? @body) @definition.field

(property_declaration
  name: (identifier) @name
  accessors: (_)? @body) @definition.field

(property_declaration
  name: (identifier) @name
  value: (arrow_expression_clause) @body) @definition.field

(constructor_declaration
  name: (identifier) @name
  body: (_)? @body) @definition.method

(destructor_declaration
  name: (identifier) @name
  body: (_)? @body) @definition.method

(method_declaration
  name: (identifier) @name
  body: (_)? @body) @definition.method

(local_function_statement
  name: (identifier) @name
  body: (_)? @body) @definition.function

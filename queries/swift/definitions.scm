(class_declaration
  declaration_kind: [
    "actor"
    "class"
    "struct"
  ]
  name: (type_identifier) @name
  body: (_) @body) @definition.class

(class_declaration
  name: (type_identifier) @name
  body: (enum_class_body) @body) @definition.enum

(enum_entry
  name: (simple_identifier) @name) @definition.variant

(protocol_declaration
  name: (type_identifier) @name
  body: (_) @body) @definition.interface

(typealias_declaration
  name: (type_identifier) @name) @definition.type

(associatedtype_declaration
  name: (type_identifier) @name) @definition.type

; Variables of the file, and members.
(source_file
  (property_declaration
    (value_binding_pattern
      mutability: "var")
    name: (pattern
      bound_identifier: (simple_identifier) @name)
    computed_value: (_)? @body) @definition.variable)

(source_file
  (property_declaration
    (value_binding_pattern
      mutability: "let")
    name: (pattern
      bound_identifier: (simple_identifier) @name)) @definition.constant)

(class_body
  (property_declaration
    name: (pattern
      bound_identifier: (simple_identifier) @name)
    computed_value: (_)? @body) @definition.field)

(class_body
  (property_declaration
    name: (pattern
      bound_identifier: (simple_identifier) @name)
    (willset_didset_block) @body) @definition.field)

(enum_class_body
  (property_declaration
    name: (pattern
      bound_identifier: (simple_identifier) @name)
    computed_value: (_)? @body) @definition.field)

(protocol_property_declaration
  name: (pattern
    bound_identifier: (simple_identifier) @name)) @definition.field

(function_declaration
  name: (simple_identifier) @name
  body: (_) @body) @definition.function

(class_body
  (function_declaration
    name: (simple_identifier) @name
    body: (_) @body) @definition.method)

(enum_class_body
  (function_declaration
    name: (simple_identifier) @name
    body: (_) @body) @definition.method)

(protocol_function_declaration
  name: (simple_identifier) @name) @definition.method

(init_declaration
  name: "init" @name
  body: (_)? @body) @definition.method

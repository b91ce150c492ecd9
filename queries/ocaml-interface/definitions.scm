(module_definition
  (module_binding
    (module_name) @name
    module_type: (signature)? @body)) @definition.module

(module_type_definition
  (module_type_name) @name
  body: (_)? @body) @definition.interface

(class_type_definition
  (class_type_binding
    (class_type_name) @name)) @definition.interface

(type_definition
  (type_binding
    name: (type_constructor) @name)) @definition.type

(type_definition
  (type_binding
    name: (type_constructor) @name
    body: (variant_declaration) @body)) @definition.enum

(type_definition
  (type_binding
    name: (type_constructor) @name
    body: (record_declaration) @body)) @definition.class

(constructor_declaration
  (constructor_name) @name) @definition.variant

(field_declaration
  (field_name) @name) @definition.field

(exception_definition
  (constructor_declaration
    (constructor_name) @name)) @definition.class

(external
  (value_name) @name) @definition.function

(value_specification
  (value_name) @name) @definition.constant

(value_specification
  (value_name) @name
  type: (function_type)) @definition.function

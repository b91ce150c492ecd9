; inherits: ecmascript
(abstract_class_declaration
  name: (type_identifier) @name
  body: (_) @body) @definition.class

(interface_declaration
  name: (type_identifier) @name
  body: (_) @body) @definition.interface

(type_alias_declaration
  name: (type_identifier) @name) @definition.type

(enum_declaration
  name: (identifier) @name
  body: (_) @body) @definition.enum

(enum_body
  name: (property_identifier) @name @definition.variant)

(enum_assignment
  name: (property_identifier) @name) @definition.variant

[
  (internal_module
    name: (_) @name
    body: (_) @body)
  (module
    name: (identifier) @name
    body: (_) @body)
  (module
    name: (string
      (string_fragment) @name)
    body: (_) @body)
] @definition.module

(function_signature
  name: (identifier) @name) @definition.function

[
  (abstract_method_signature
    name: (property_identifier) @name)
  (method_signature
    name: (property_identifier) @name)
] @definition.method

[
  (property_signature
    name: (property_identifier) @name)
  (public_field_definition
    name: [
      (private_property_identifier)
      (property_identifier)
    ] @name)
] @definition.field

(public_field_definition
  name: (property_identifier) @name
  value: (arrow_function
    body: (_) @body)) @definition.method

; A constructor parameter with an accessibility modifier is a field.
(required_parameter
  (accessibility_modifier)
  pattern: (identifier) @name) @definition.field

(namespace_definition
  name: (namespace_name) @name
  body: (_)? @body) @definition.module

(class_declaration
  name: (name) @name
  body: (_) @body) @definition.class

(interface_declaration
  name: (name) @name
  body: (_) @body) @definition.interface

(trait_declaration
  name: (name) @name
  body: (_) @body) @definition.interface

(enum_declaration
  name: (name) @name
  body: (_) @body) @definition.enum

(enum_case
  name: (name) @name) @definition.variant

(const_declaration
  (const_element
    .
    (name) @name)) @definition.constant

((function_call_expression
  function: (name) @_function
  arguments: (arguments
    .
    (argument
      (string
        (string_content) @name)))) @definition.constant
  (#eq? @_function "define"))

(property_declaration
  (property_element
    name: (variable_name
      (name) @name))) @definition.field

; A constructor parameter with a visibility modifier is a field.
(property_promotion_parameter
  name: (variable_name
    (name) @name)) @definition.field

(function_definition
  name: (name) @name
  body: (_) @body) @definition.function

(method_declaration
  name: (name) @name
  body: (_)? @body) @definition.method

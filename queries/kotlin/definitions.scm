(package_header
  (qualified_identifier) @name) @definition.module

(class_declaration
  name: (identifier) @name
  (class_body)? @body) @definition.class

(class_declaration
  "interface"
  name: (identifier) @name
  (class_body)? @body) @definition.interface

((class_declaration
  (modifiers
    (class_modifier) @_modifier)
  name: (identifier) @name) @definition.interface
  (#eq? @_modifier "annotation"))

(class_declaration
  name: (identifier) @name
  (enum_class_body) @body) @definition.enum

(enum_entry
  (identifier) @name
  (class_body)? @body) @definition.variant

(object_declaration
  name: (identifier) @name
  (class_body)? @body) @definition.class

(companion_object
  name: (identifier) @name
  (class_body)? @body) @definition.class

(type_alias
  type: (identifier) @name) @definition.type

; A constructor parameter that is also a property.
(class_parameter
  [
    "val"
    "var"
  ]
  (identifier) @name) @definition.field

; Variables of the file, and members.
(source_file
  (property_declaration
    "var"
    (variable_declaration
      (identifier) @name)) @definition.variable)

(source_file
  (property_declaration
    "val"
    (variable_declaration
      (identifier) @name)) @definition.constant)

(class_body
  (property_declaration
    (variable_declaration
      (identifier) @name)) @definition.field)

(class_body
  (property_declaration
    (variable_declaration
      (identifier) @name)
    [
      (getter)
      (setter)
    ] @body) @definition.field)

(enum_class_body
  (property_declaration
    (variable_declaration
      (identifier) @name)) @definition.field)

((property_declaration
  (modifiers
    (property_modifier) @_modifier)
  (variable_declaration
    (identifier) @name)) @definition.constant
  (#eq? @_modifier "const"))

(function_declaration
  name: (identifier) @name
  (function_body)? @body) @definition.function

(class_body
  (function_declaration
    name: (identifier) @name
    (function_body)? @body) @definition.method)

(enum_class_body
  (function_declaration
    name: (identifier) @name
    (function_body)? @body) @definition.method)

(secondary_constructor
  "constructor" @name
  (block)? @body) @definition.method

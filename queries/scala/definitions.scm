(package_clause
  name: (package_identifier) @name
  body: (_)? @body) @definition.module

(package_object
  name: (_) @name
  body: (_)? @body) @definition.module

(class_definition
  name: (_) @name
  body: (_)? @body) @definition.class

(object_definition
  name: (_) @name
  body: (_)? @body) @definition.class

(trait_definition
  name: (_) @name
  body: (_)? @body) @definition.interface

(enum_definition
  name: (_) @name
  body: (_) @body) @definition.enum

(simple_enum_case
  name: (_) @name) @definition.variant

(full_enum_case
  name: (_) @name) @definition.variant

(type_definition
  name: (type_identifier) @name) @definition.type

(class_parameter
  name: (_) @name) @definition.field

(given_definition
  name: (_) @name
  body: (_)? @body) @definition.constant

; Variables of the file, and members.
(compilation_unit
  (val_definition
    pattern: (identifier) @name) @definition.constant)

(compilation_unit
  (var_definition
    pattern: (identifier) @name) @definition.variable)

(template_body
  [
    (val_definition
      pattern: (identifier) @name)
    (val_declaration
      name: (_) @name)
    (var_definition
      pattern: (identifier) @name)
    (var_declaration
      name: (_) @name)
  ] @definition.field)

(function_definition
  name: (_) @name
  body: (_) @body) @definition.function

(template_body
  [
    (function_declaration
      name: (_) @name)
    (function_definition
      name: (_) @name
      body: (_) @body)
  ] @definition.method)

(enum_body
  (function_definition
    name: (_) @name
    body: (_) @body) @definition.method)

(type_spec
  name: (type_identifier) @name) @definition.type

(type_alias
  name: (type_identifier) @name) @definition.type

(type_spec
  name: (type_identifier) @name
  type: (struct_type
    (field_declaration_list) @body)) @definition.class

(type_spec
  name: (type_identifier) @name
  type: (interface_type
    "{" @body)) @definition.interface

(field_declaration
  name: (field_identifier) @name) @definition.field

(function_declaration
  name: (identifier) @name
  body: (block)? @body) @definition.function

(method_declaration
  name: (field_identifier) @name
  body: (block)? @body) @definition.method

(method_elem
  name: (field_identifier) @name) @definition.method

; Constants and variables of the file.
(source_file
  (const_declaration
    (const_spec
      (identifier) @name) @definition.constant))

(source_file
  (var_declaration
    (var_spec
      (identifier) @name) @definition.variable))

(source_file
  (var_declaration
    (var_spec_list
      (var_spec
        (identifier) @name) @definition.variable)))

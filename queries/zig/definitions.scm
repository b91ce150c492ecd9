; Variables of the file and of containers.
(source_file
  (variable_declaration
    "var"
    .
    (identifier) @name) @definition.variable)

(source_file
  (variable_declaration
    "const"
    .
    (identifier) @name) @definition.constant)

(enum_declaration
  (variable_declaration
    "const"
    .
    (identifier) @name) @definition.constant)

(opaque_declaration
  (variable_declaration
    "const"
    .
    (identifier) @name) @definition.constant)

(struct_declaration
  (variable_declaration
    "const"
    .
    (identifier) @name) @definition.constant)

(union_declaration
  (variable_declaration
    "const"
    .
    (identifier) @name) @definition.constant)

; Types are values.
(variable_declaration
  "const"
  .
  (identifier) @name
  [
    (opaque_declaration)
    (struct_declaration)
    (union_declaration)
  ] @body) @definition.class

(variable_declaration
  "const"
  .
  (identifier) @name
  [
    (enum_declaration)
    (error_set_declaration)
  ] @body) @definition.enum

; The grammar inserts an unnamed field where there is none.
((container_field
  name: (identifier) @name) @definition.field
  (#match? @name "."))

((enum_declaration
  (container_field
    name: (identifier) @name) @definition.variant)
  (#match? @name "."))

(error_set_declaration
  (identifier) @name @definition.variant)

(function_declaration
  name: (identifier) @name
  body: (block)? @body) @definition.method

(source_file
  (function_declaration
    name: (identifier) @name
    body: (block)? @body) @definition.function)

(struct_specifier
  name: (type_identifier) @name
  body: (_) @body) @definition.class

(union_specifier
  name: (type_identifier) @name
  body: (_) @body) @definition.class

(enum_specifier
  name: (type_identifier) @name
  body: (_) @body) @definition.enum

(enumerator
  name: (identifier) @name) @definition.variant

(field_declaration
  declarator: [
    (field_identifier) @name
    (array_declarator
      declarator: (field_identifier) @name)
    (pointer_declarator
      declarator: (field_identifier) @name)
    (pointer_declarator
      declarator: (pointer_declarator
        declarator: (field_identifier) @name))
    (function_declarator
      declarator: (parenthesized_declarator
        (pointer_declarator
          declarator: (field_identifier) @name)))
  ]) @definition.field

(type_definition
  declarator: [
    (type_identifier) @name
    (array_declarator
      declarator: (type_identifier) @name)
    (pointer_declarator
      declarator: (type_identifier) @name)
    (function_declarator
      declarator: (parenthesized_declarator
        (pointer_declarator
          declarator: (type_identifier) @name)))
  ]) @definition.type

; A struct that only its typedef names.
(type_definition
  type: [
    (struct_specifier
      !name
      body: (_) @body)
    (union_specifier
      !name
      body: (_) @body)
  ]
  declarator: (type_identifier) @name) @definition.class

(type_definition
  type: (enum_specifier
    !name
    body: (_) @body)
  declarator: (type_identifier) @name) @definition.enum

; Variables of the file, with or without an include guard around them.
(translation_unit
  (declaration
    declarator: [
      (identifier) @name
      (array_declarator
        declarator: (identifier) @name)
      (pointer_declarator
        declarator: (identifier) @name)
      (init_declarator
        declarator: [
          (identifier) @name
          (array_declarator
            declarator: (identifier) @name)
          (pointer_declarator
            declarator: (identifier) @name)
          (pointer_declarator
            declarator: (array_declarator
              declarator: (identifier) @name))
        ])
    ]) @definition.variable)

(preproc_ifdef
  (declaration
    declarator: [
      (identifier) @name
      (array_declarator
        declarator: (identifier) @name)
      (pointer_declarator
        declarator: (identifier) @name)
      (init_declarator
        declarator: [
          (identifier) @name
          (array_declarator
            declarator: (identifier) @name)
          (pointer_declarator
            declarator: (identifier) @name)
          (pointer_declarator
            declarator: (array_declarator
              declarator: (identifier) @name))
        ])
    ]) @definition.variable)

(declaration
  declarator: [
    (function_declarator
      declarator: (identifier) @name)
    (pointer_declarator
      declarator: (function_declarator
        declarator: (identifier) @name))
    (pointer_declarator
      declarator: (pointer_declarator
        declarator: (function_declarator
          declarator: (identifier) @name)))
  ]) @definition.function

(function_definition
  declarator: [
    (function_declarator
      declarator: (identifier) @name)
    (pointer_declarator
      declarator: (function_declarator
        declarator: (identifier) @name))
    (pointer_declarator
      declarator: (pointer_declarator
        declarator: (function_declarator
          declarator: (identifier) @name)))
  ]
  body: (_) @body) @definition.function

; A macro without a value is a guard or a flag and is left out.
(preproc_def
  name: (identifier) @name
  value: (_)) @definition.constant

(preproc_function_def
  name: (identifier) @name
  value: (_)? @body) @definition.macro

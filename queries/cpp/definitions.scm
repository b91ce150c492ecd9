; inherits: c
(namespace_definition
  name: (_) @name
  body: (_) @body) @definition.module

(class_specifier
  name: (type_identifier) @name
  body: (_) @body) @definition.class

(alias_declaration
  name: (type_identifier) @name) @definition.type

(concept_definition
  name: (identifier) @name) @definition.interface

(field_declaration
  declarator: (reference_declarator
    (field_identifier) @name)) @definition.field

; Functions that return a reference, operators.
(function_definition
  declarator: [
    (reference_declarator
      (function_declarator
        declarator: (identifier) @name))
    (function_declarator
      declarator: (operator_name) @name)
    (reference_declarator
      (function_declarator
        declarator: (operator_name) @name))
  ]
  body: (_) @body) @definition.function

(declaration
  declarator: [
    (reference_declarator
      (function_declarator
        declarator: (identifier) @name))
    (function_declarator
      declarator: (operator_name) @name)
  ]) @definition.function

; Methods inside their class. A constructor has no type, and its name is an identifier.
(field_declaration_list
  (field_declaration
    declarator: [
      (function_declarator
        declarator: [
          (field_identifier)
          (operator_name)
        ] @name)
      (pointer_declarator
        declarator: (function_declarator
          declarator: (field_identifier) @name))
      (reference_declarator
        (function_declarator
          declarator: [
            (field_identifier)
            (operator_name)
          ] @name))
    ]) @definition.method)

(field_declaration_list
  (declaration
    declarator: (function_declarator
      declarator: [
        (destructor_name)
        (identifier)
      ] @name)) @definition.method)

(field_declaration_list
  (function_definition
    declarator: [
      (function_declarator
        declarator: [
          (destructor_name)
          (field_identifier)
          (identifier)
          (operator_name)
        ] @name)
      (pointer_declarator
        declarator: (function_declarator
          declarator: (field_identifier) @name))
      (reference_declarator
        (function_declarator
          declarator: [
            (field_identifier)
            (operator_name)
          ] @name))
    ]
    body: (_)? @body) @definition.method)

(field_declaration_list
  (template_declaration
    (function_definition
      declarator: [
        (function_declarator
          declarator: [
            (field_identifier)
            (identifier)
            (operator_name)
          ] @name)
        (pointer_declarator
          declarator: (function_declarator
            declarator: (field_identifier) @name))
        (reference_declarator
          (function_declarator
            declarator: (field_identifier) @name))
      ]
      body: (_) @body) @definition.method))

; Methods outside their class.
(function_definition
  declarator: [
    (function_declarator
      declarator: (qualified_identifier
        name: [
          (destructor_name)
          (identifier)
          (operator_name)
        ] @name))
    (function_declarator
      declarator: (qualified_identifier
        name: (qualified_identifier
          name: [
            (destructor_name)
            (identifier)
            (operator_name)
          ] @name)))
    (pointer_declarator
      declarator: (function_declarator
        declarator: (qualified_identifier
          name: (identifier) @name)))
    (reference_declarator
      (function_declarator
        declarator: (qualified_identifier
          name: [
            (identifier)
            (operator_name)
          ] @name)))
  ]
  body: (_) @body) @definition.method

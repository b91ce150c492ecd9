; inherits: ecmascript
(template_literal_type) @string

(template_type) @code

; Types that may be left out.
[
  (asserts_annotation)
  (interface_declaration)
  (type_alias_declaration)
  (type_annotation)
  (type_arguments)
  (type_parameters)
  (type_predicate_annotation)
] @annotation.type

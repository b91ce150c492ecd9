(comment) @comment.line

(string) @string

(interpolation) @code

; A string statement is documentation.
(expression_statement
  .
  (string) @comment
  .)

; Types that may be left out.
(typed_parameter
  ":" @annotation.type
  type: (type) @annotation.type)

(typed_default_parameter
  ":" @annotation.type
  type: (type) @annotation.type)

(function_definition
  "->" @annotation.type
  return_type: (type) @annotation.type)

(assignment
  ":" @annotation.type
  type: (type) @annotation.type)

(comment) @comment

((comment) @comment.line
  (#match? @comment.line "^(//|#)"))

[
  (encapsed_string)
  (heredoc_body)
  (nowdoc_body)
  (shell_command_expression)
  (string)
] @string

; Expressions inside a string.
(encapsed_string
  [
    (dynamic_variable_name)
    (expression)
    (member_access_expression)
    (subscript_expression)
    (variable_name)
  ] @code)

(heredoc_body
  [
    (dynamic_variable_name)
    (expression)
    (member_access_expression)
    (subscript_expression)
    (variable_name)
  ] @code)

(shell_command_expression
  [
    (dynamic_variable_name)
    (expression)
    (member_access_expression)
    (subscript_expression)
    (variable_name)
  ] @code)

; Types that may be left out.
(simple_parameter
  type: (_) @annotation.type)

(variadic_parameter
  type: (_) @annotation.type)

(property_promotion_parameter
  type: (_) @annotation.type)

(property_declaration
  type: (_) @annotation.type)

(_
  ":" @annotation.type
  .
  return_type: (_) @annotation.type)

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

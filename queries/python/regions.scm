(comment) @comment.line

(string) @string

(interpolation) @code

; A string statement is documentation.
(expression_statement
  .
  (string) @comment
  .)

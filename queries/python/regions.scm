(comment) @comment.line

(string) @string

(interpolation) @code

; A string that stands alone is documentation.
(expression_statement
  .
  (string) @comment
  .)

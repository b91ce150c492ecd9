(comment) @comment.line

; A block comment.
(marginalia) @comment

((literal) @string
  (#match? @string "^[A-Za-z&]*'"))

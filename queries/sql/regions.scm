(comment) @comment.line

; A comment between marks.
(marginalia) @comment

((literal) @string
  (#match? @string "^[A-Za-z&]*'"))

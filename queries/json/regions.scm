(comment) @comment

((comment) @comment.line
  (#match? @comment.line "^//"))

; A key is code.
(pair
  value: (string) @string)

(array
  (string) @string)

(document
  (string) @string)

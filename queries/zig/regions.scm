(comment) @comment.line

[
  (character)
  (multiline_string)
  (string)
] @string

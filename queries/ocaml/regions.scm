(comment) @comment

[
  (character)
  (quoted_string)
  (string)
] @string

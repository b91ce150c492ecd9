(line_comment) @comment.line

(block_comment) @comment

[
  (character_literal)
  (string_literal)
] @string

(string_interpolation) @code

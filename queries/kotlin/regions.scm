[
  (line_comment)
  (shebang)
] @comment.line

(block_comment) @comment

[
  (character_literal)
  (multiline_string_literal)
  (string_literal)
] @string

(interpolation) @code

(line_comment) @comment.line

(block_comment) @comment

[
  (char_literal)
  (raw_string_literal)
  (string_literal)
] @string

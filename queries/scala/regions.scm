(comment) @comment.line

(block_comment) @comment

[
  (character_literal)
  (interpolated_string)
  (string)
  (xml_string)
] @string

(interpolation) @code

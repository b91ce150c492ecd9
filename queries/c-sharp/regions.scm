(shebang_directive) @comment.line

(comment) @comment

((comment) @comment.line
  (#match? @comment.line "^//"))

[
  (character_literal)
  (interpolated_string_expression)
  (raw_string_literal)
  (string_literal)
  (verbatim_string_literal)
] @string

(interpolation) @code

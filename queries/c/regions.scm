(comment) @comment

((comment) @comment.line
  (#match? @comment.line "^//"))

[
  (char_literal)
  (string_literal)
  (system_lib_string)
] @string

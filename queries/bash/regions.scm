(comment) @comment.line

[
  (ansi_c_string)
  (heredoc_body)
  (raw_string)
  (regex)
  (string)
] @string

[
  (arithmetic_expansion)
  (command_substitution)
  (expansion)
  (simple_expansion)
] @code

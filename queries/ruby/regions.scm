(comment) @comment.line

((comment) @comment
  (#match? @comment "^=begin"))

[
  (character)
  (delimited_symbol)
  (heredoc_body)
  (regex)
  (string)
  (string_array)
  (subshell)
  (symbol_array)
] @string

; The text after `__END__`.
(uninterpreted) @string

(interpolation) @code

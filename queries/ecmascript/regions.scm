(comment) @comment

((comment) @comment.line
  (#match? @comment.line "^//"))

[
  (hash_bang_line)
  (html_comment)
] @comment.line

[
  (regex)
  (string)
  (template_string)
] @string

(template_substitution) @code

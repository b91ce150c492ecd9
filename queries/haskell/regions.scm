[
  (comment)
  (haddock)
] @comment

([
  (comment)
  (haddock)
] @comment.line
  (#match? @comment.line "^--"))

[
  (char)
  (quasiquote_body)
  (string)
] @string

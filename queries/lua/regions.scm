(hash_bang_line) @comment.line

(comment) @comment.line

((comment) @comment
  (#match? @comment "^--\\[=*\\["))

(string) @string

(comment) @comment.line

(string) @string

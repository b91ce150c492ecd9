(comment) @comment

(js_comment) @comment.line

(string_value) @string

; An address needs no quotes.
((call_expression
  (function_name) @_function
  (arguments
    (plain_value) @string))
  (#eq? @_function "url"))

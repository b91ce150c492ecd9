(comment) @comment

(js_comment) @comment.line

(string_value) @string

; A URL without quotes.
((call_expression
  (function_name) @_function
  (arguments
    (plain_value) @string))
  (#eq? @_function "url"))

(comment) @comment

(quoted_attribute_value) @string

; Text between tags.
[
  (entity)
  (text)
] @string

(comment) @comment

(quoted_attribute_value) @string

; Sentences between tags.
[
  (entity)
  (text)
] @string

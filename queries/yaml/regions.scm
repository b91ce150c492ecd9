(comment) @comment.line

[
  (double_quote_scalar)
  (single_quote_scalar)
] @string

; A key is code.
(block_mapping_pair
  key: (flow_node
    [
      (double_quote_scalar)
      (single_quote_scalar)
    ] @code))

(flow_pair
  key: (flow_node
    [
      (double_quote_scalar)
      (single_quote_scalar)
    ] @code))

; Folded block scalars contain prose; literal ones contain another language.
((block_scalar) @string
  (#match? @string "^>"))

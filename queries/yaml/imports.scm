; References of OpenAPI and of the pipelines of common code hosts; `#` refers to the same text.
((block_mapping_pair
  key: (flow_node
    (plain_scalar) @_key)
  value: (flow_node) @import.source) @import
  (#any-of? @_key "$ref" "extends" "include" "uses")
  (#not-match? @import.source "^.#"))

((block_mapping_pair
  key: (flow_node
    [
      (double_quote_scalar)
      (single_quote_scalar)
    ] @_key)
  value: (flow_node) @import.source) @import
  (#match? @_key "^.\\$ref.$")
  (#not-match? @import.source "^.#"))

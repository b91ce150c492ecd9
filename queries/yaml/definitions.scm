; Top-level keys.
(document
  (block_node
    (block_mapping
      (block_mapping_pair
        key: (flow_node
          (plain_scalar) @name)
        value: (block_node)? @body) @definition.field)))

; The target of an alias.
(block_node
  (anchor
    (anchor_name) @name)
  [
    (block_mapping)
    (block_scalar)
    (block_sequence)
  ] @body) @definition.variable

(flow_node
  (anchor
    (anchor_name) @name)) @definition.variable

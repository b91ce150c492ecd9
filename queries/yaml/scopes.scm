(block_mapping_pair
  value: (block_node) @body) @scope.class

(block_mapping_pair
  value: (flow_node
    [
      (flow_mapping)
      (flow_sequence)
    ]) @body) @scope.class

(block_sequence_item) @scope.block

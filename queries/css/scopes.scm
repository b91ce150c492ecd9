(rule_set
  (block) @body) @scope.class

(keyframes_statement
  (keyframe_block_list) @body) @scope.class

(keyframe_block
  (block) @body) @scope.block

(at_rule
  (block) @body) @scope.block

(media_statement
  (block) @body) @scope.block

(scope_statement
  (block) @body) @scope.block

(supports_statement
  (block) @body) @scope.block

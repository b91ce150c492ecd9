(section) @scope.module

(fenced_code_block
  (code_fence_content)? @body) @scope.block

(list_item) @scope.block

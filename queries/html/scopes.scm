(element
  (start_tag)
  (end_tag)) @scope.block

(script_element
  (raw_text)? @body) @scope.block

(style_element
  (raw_text)? @body) @scope.block

(document) @string

[
  (code_fence_content)
  (indented_code_block)
  (minus_metadata)
  (plus_metadata)
] @code

((html_block) @comment
  (#match? @comment "^<!--"))

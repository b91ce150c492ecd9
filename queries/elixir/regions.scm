(comment) @comment.line

[
  (charlist)
  (char)
  (quoted_atom)
  (sigil)
  (string)
] @string

(interpolation) @code

((unary_operator
  operator: "@"
  operand: (call
    target: (identifier) @_doc
    (arguments
      [
        (sigil)
        (string)
      ] @comment)))
  (#any-of? @_doc "doc" "moduledoc" "shortdoc" "typedoc"))

((unary_operator
  operator: "@"
  operand: (call
    target: (identifier) @_doc)) @annotation.documentation
  (#any-of? @_doc "doc" "moduledoc" "shortdoc" "typedoc"))

((unary_operator
  operator: "@"
  operand: (call
    target: (identifier) @_type)) @annotation.type
  (#any-of? @_type "opaque" "spec" "type" "typep"))

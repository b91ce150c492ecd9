((call
  target: (identifier) @_import
  (arguments
    .
    (alias) @import.source)) @import
  (#any-of? @_import "alias" "import" "require" "use"))

((call
  target: (identifier) @_import
  (arguments
    (keywords
      (pair
        key: (keyword) @_key
        value: (alias) @import.name))))
  (#any-of? @_import "alias" "require")
  (#match? @_key "^as:"))

; `alias Shapes.{Line, Square}`.
((call
  target: (identifier) @_import
  (arguments
    (dot
      left: (alias) @import.source
      right: (tuple
        (alias) @import.name)))) @import
  (#any-of? @_import "alias" "import" "require" "use"))

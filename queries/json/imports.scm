; What JSON Schema, OpenAPI and the settings of many a tool build on; `#` is the text itself.
((pair
  key: (string
    (string_content) @_key)
  value: (string) @import.source) @import
  (#any-of? @_key "$ref" "extends")
  (#not-match? @import.source "^.#"))

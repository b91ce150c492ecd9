; References of JSON Schema, OpenAPI and the settings of many tools; `#` refers to the same text.
((pair
  key: (string
    (string_content) @_key)
  value: (string) @import.source) @import
  (#any-of? @_key "$ref" "extends")
  (#not-match? @import.source "^.#"))

; Top-level keys.
(document
  (object
    (pair
      key: (string
        (string_content) @name)
      value: [
        (array) @body
        (object) @body
        (_)
      ]) @definition.field))

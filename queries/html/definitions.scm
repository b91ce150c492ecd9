; What links, styles and scripts know an element by.
((attribute
  (attribute_name) @_attribute
  [
    (attribute_value) @name
    (quoted_attribute_value
      (attribute_value) @name)
  ]) @definition.variable
  (#eq? @_attribute "id"))

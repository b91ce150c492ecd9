; The names by which links, styles and scripts refer to an element.
((attribute
  (attribute_name) @_attribute
  [
    (attribute_value) @name
    (quoted_attribute_value
      (attribute_value) @name)
  ]) @definition.variable
  (#eq? @_attribute "id"))

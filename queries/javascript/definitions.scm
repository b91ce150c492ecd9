; inherits: ecmascript
(field_definition
  property: [
    (private_property_identifier)
    (property_identifier)
  ] @name) @definition.field

(field_definition
  property: (property_identifier) @name
  value: (arrow_function
    body: (_) @body)) @definition.method

; inherits: ecmascript
(template_literal_type) @string

(template_type) @code

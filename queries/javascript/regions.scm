; inherits: ecmascript
; Text between tags.
(jsx_text) @string

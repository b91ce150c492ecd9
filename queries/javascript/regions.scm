; inherits: ecmascript
; Sentences between tags.
(jsx_text) @string

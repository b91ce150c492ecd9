; inherits: typescript
; Text between tags.
(jsx_text) @string

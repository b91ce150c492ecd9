; inherits: typescript
; Sentences between tags.
(jsx_text) @string

; inherits: c
(using_declaration) @import

(using_declaration
  (qualified_identifier
    scope: (_) @import.source
    name: (identifier) @import.name))

; `using namespace std`
(using_declaration
  (identifier) @import.source)

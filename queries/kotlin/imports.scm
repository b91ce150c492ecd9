; The path is one node, so the source includes the name.
(import
  (qualified_identifier) @import.source) @import

((import
  (qualified_identifier
    (identifier) @import.name
    .)
  .) @_import
  (#not-match? @_import "[*]$"))

(import
  (qualified_identifier)
  (identifier) @import.name)

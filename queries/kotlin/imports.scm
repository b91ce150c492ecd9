; A path is one node, so where from ends with the name.
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

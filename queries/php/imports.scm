[
  (include_expression)
  (include_once_expression)
  (namespace_use_declaration)
  (require_expression)
  (require_once_expression)
] @import

; `use A\B\C` imports `C` from `A\B`.
(namespace_use_clause
  (qualified_name
    prefix: (namespace_name) @import.source))

(namespace_use_clause
  (qualified_name
    (name) @import.name)
  !alias)

(namespace_use_clause
  (name) @import.name
  !alias)

(namespace_use_clause
  alias: (name) @import.name)

; `use A\{B, C}`.
(namespace_use_declaration
  (namespace_name) @import.source)

(include_expression
  (string) @import.source)

(include_once_expression
  (string) @import.source)

(require_expression
  (string) @import.source)

(require_once_expression
  (string) @import.source)

; `require __DIR__ . '/a.php'`.
(include_expression
  (binary_expression
    (string) @import.source))

(include_once_expression
  (binary_expression
    (string) @import.source))

(require_expression
  (binary_expression
    (string) @import.source))

(require_once_expression
  (binary_expression
    (string) @import.source))

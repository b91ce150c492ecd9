(module_definition
  (module_binding
    body: (structure) @body)) @scope.module

(module_definition
  (module_binding
    module_type: (signature) @body)) @scope.module

(module_type_definition
  body: (signature) @body) @scope.module

(class_definition
  (class_binding
    body: (_) @body)) @scope.class

(value_definition
  (let_binding
    (parameter)
    body: (_) @body)) @scope.function

(value_definition
  (let_binding
    body: [
      (fun_expression)
      (function_expression)
    ] @body)) @scope.function

(method_definition
  body: (_) @body) @scope.function

[
  (fun_expression)
  (function_expression)
] @scope.function

(match_case
  body: (_) @body) @scope.block

[
  (else_clause)
  (for_expression)
  (if_expression)
  (match_expression)
  (try_expression)
  (while_expression)
] @scope.block

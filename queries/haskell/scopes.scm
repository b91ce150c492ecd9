(class
  declarations: (_) @body) @scope.class

(instance
  declarations: (_) @body) @scope.class

(data_type
  constructors: (_) @body) @scope.class

; A function with guards has one body per guard. (A node without a match is a type.)
(function
  match: (match)) @scope.function

(function
  match: (match
    !guards) @body) @scope.function

(bind
  match: (_) @body) @scope.function

(lambda
  expression: (_) @body) @scope.function

[
  (alternative)
  (case)
  (conditional)
  (do)
  (lambda_case)
  (let_in)
  (local_binds)
  (multi_way_if)
] @scope.block

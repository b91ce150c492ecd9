(module
  body: (body_statement)? @body) @scope.module

(class
  body: (body_statement)? @body) @scope.class

(singleton_class
  body: (body_statement)? @body) @scope.class

(method
  body: (_)? @body) @scope.function

(singleton_method
  body: (_)? @body) @scope.function

(block
  body: (_)? @body) @scope.function

(do_block
  body: (_)? @body) @scope.function

(if
  consequence: (then)? @body) @scope.block

(unless
  consequence: (then)? @body) @scope.block

(elsif
  consequence: (then)? @body) @scope.block

(else) @scope.block

(while
  body: (do) @body) @scope.block

(until
  body: (do) @body) @scope.block

(for
  body: (do) @body) @scope.block

(case) @scope.block

(case_match) @scope.block

(when
  body: (then)? @body) @scope.block

(in_clause
  body: (then)? @body) @scope.block

(begin) @scope.block

(rescue
  body: (then)? @body) @scope.block

(ensure) @scope.block

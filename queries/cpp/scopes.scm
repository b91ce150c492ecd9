; inherits: c
(namespace_definition
  body: (declaration_list) @body) @scope.module

(class_specifier
  body: (field_declaration_list) @body) @scope.class

(lambda_expression
  body: (compound_statement) @body) @scope.function

(for_range_loop
  body: (compound_statement) @body) @scope.block

(try_statement
  body: (compound_statement) @body) @scope.block

(catch_clause
  body: (compound_statement) @body) @scope.block

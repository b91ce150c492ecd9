(package_clause
  body: (_) @body) @scope.module

(package_object
  body: (_) @body) @scope.module

(class_definition
  body: (_) @body) @scope.class

(object_definition
  body: (_) @body) @scope.class

(trait_definition
  body: (_) @body) @scope.class

(enum_definition
  body: (_) @body) @scope.class

(given_definition
  body: (with_template_body) @body) @scope.class

(instance_expression
  (template_body) @body) @scope.class

(extension_definition) @scope.class

(function_definition
  body: [
    (block)
    (indented_block)
  ] @body) @scope.function

(lambda_expression) @scope.function

(if_expression
  consequence: [
    (block)
    (indented_block)
  ] @body) @scope.block

(if_expression
  alternative: [
    (block)
    (indented_block)
  ] @body @scope.block)

(for_expression
  body: [
    (block)
    (indented_block)
  ] @body) @scope.block

(while_expression
  body: [
    (block)
    (indented_block)
  ] @body) @scope.block

(do_while_expression
  body: (block) @body) @scope.block

(try_expression
  body: [
    (block)
    (indented_block)
  ] @body) @scope.block

(catch_clause) @scope.block

(finally_clause) @scope.block

(match_expression
  body: (_) @body) @scope.block

(case_clause
  body: (_)? @body) @scope.block

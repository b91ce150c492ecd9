(namespace_definition
  body: (compound_statement) @body) @scope.module

(class_declaration
  body: (_) @body) @scope.class

(anonymous_class
  body: (_) @body) @scope.class

(interface_declaration
  body: (_) @body) @scope.class

(trait_declaration
  body: (_) @body) @scope.class

(enum_declaration
  body: (_) @body) @scope.class

(function_definition
  body: (_) @body) @scope.function

(method_declaration
  body: (_) @body) @scope.function

(anonymous_function
  body: (_) @body) @scope.function

(property_hook
  body: (compound_statement) @body) @scope.function

(if_statement
  body: [
    (colon_block)
    (compound_statement)
  ] @body) @scope.block

(else_if_clause
  body: [
    (colon_block)
    (compound_statement)
  ] @body) @scope.block

(else_clause
  body: [
    (colon_block)
    (compound_statement)
  ] @body) @scope.block

(for_statement
  body: (_) @body) @scope.block

(foreach_statement
  body: [
    (colon_block)
    (compound_statement)
  ] @body) @scope.block

(while_statement
  body: [
    (colon_block)
    (compound_statement)
  ] @body) @scope.block

(do_statement
  body: (compound_statement) @body) @scope.block

(switch_statement
  body: (switch_block) @body) @scope.block

[
  (case_statement)
  (default_statement)
] @scope.block

(match_expression
  body: (match_block) @body) @scope.block

(try_statement
  body: (compound_statement) @body) @scope.block

(catch_clause
  body: (compound_statement) @body) @scope.block

(finally_clause
  body: (compound_statement) @body) @scope.block

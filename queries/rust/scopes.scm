(mod_item
  body: (declaration_list) @body) @scope.module

(foreign_mod_item
  body: (declaration_list) @body) @scope.module

(struct_item
  body: (_) @body) @scope.class

(union_item
  body: (_) @body) @scope.class

(enum_item
  body: (_) @body) @scope.class

(trait_item
  body: (declaration_list) @body) @scope.class

(impl_item
  body: (declaration_list) @body) @scope.class

(function_item
  body: (block) @body) @scope.function

(closure_expression
  body: (block) @body) @scope.function

(macro_definition) @scope.function

(if_expression
  consequence: (block) @body) @scope.block

(else_clause
  (block) @body) @scope.block

(let_declaration
  alternative: (block) @body) @scope.block

(for_expression
  body: (block) @body) @scope.block

(while_expression
  body: (block) @body) @scope.block

(loop_expression
  body: (block) @body) @scope.block

(match_expression
  body: (match_block) @body) @scope.block

(match_arm
  value: (block) @body) @scope.block

(unsafe_block
  (block) @body) @scope.block

(async_block
  (block) @body) @scope.block

(const_block
  body: (block) @body) @scope.block

(try_block
  (block) @body) @scope.block

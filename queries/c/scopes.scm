(linkage_specification
  body: (declaration_list) @body) @scope.module

(struct_specifier
  body: (field_declaration_list) @body) @scope.class

(union_specifier
  body: (field_declaration_list) @body) @scope.class

(enum_specifier
  body: (enumerator_list) @body) @scope.class

(function_definition
  body: (compound_statement) @body) @scope.function

(preproc_function_def) @scope.function

(if_statement
  consequence: (compound_statement) @body) @scope.block

(else_clause
  (compound_statement) @body) @scope.block

(for_statement
  body: (compound_statement) @body) @scope.block

(while_statement
  body: (compound_statement) @body) @scope.block

(do_statement
  body: (compound_statement) @body) @scope.block

(switch_statement
  body: (compound_statement) @body) @scope.block

(function_declaration
  body: (block)? @body) @scope.function

(function_definition
  body: (block)? @body) @scope.function

(if_statement
  consequence: (block)? @body) @scope.block

(elseif_statement
  consequence: (block)? @body) @scope.block

(else_statement
  body: (block)? @body) @scope.block

(for_statement
  body: (block)? @body) @scope.block

(while_statement
  body: (block)? @body) @scope.block

(repeat_statement
  body: (block)? @body) @scope.block

(do_statement
  body: (block)? @body) @scope.block

; inherits: ecmascript
(abstract_class_declaration
  body: (class_body) @body) @scope.class

(interface_declaration
  body: (_) @body) @scope.class

(type_alias_declaration
  value: (object_type) @body) @scope.class

(enum_declaration
  body: (enum_body) @body) @scope.class

(internal_module
  body: (statement_block) @body) @scope.module

(module
  body: (statement_block) @body) @scope.module

(ambient_declaration
  (statement_block) @body) @scope.module

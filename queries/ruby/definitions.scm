(module
  name: [
    (constant) @name
    (scope_resolution
      name: (constant) @name)
  ]
  body: (body_statement)? @body) @definition.module

(class
  name: [
    (constant) @name
    (scope_resolution
      name: (constant) @name)
  ]
  body: (body_statement)? @body) @definition.class

(assignment
  left: (constant) @name) @definition.constant

; `Point = Struct.new(:x, :y)`.
((assignment
  left: (constant) @name
  right: (call
    receiver: (constant) @_maker
    method: (identifier) @_method
    block: (_)? @body)) @definition.class
  (#any-of? @_maker "Class" "Data" "Module" "Struct")
  (#any-of? @_method "define" "new"))

(program
  (assignment
    left: (global_variable) @name) @definition.variable)

((method
  name: (identifier) @_method
  body: (body_statement
    (assignment
      left: (instance_variable) @name) @definition.field))
  (#eq? @_method "initialize"))

(method
  name: (_) @name
  body: (_)? @body) @definition.method

(singleton_method
  name: (_) @name
  body: (_)? @body) @definition.method

(alias
  name: (_) @name) @definition.method

(program
  (method
    name: (_) @name
    body: (_)? @body) @definition.function)

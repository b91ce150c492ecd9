; inherits: ocaml-interface
(module_definition
  (module_binding
    (module_name) @name
    body: (structure)? @body)) @definition.module

(class_definition
  (class_binding
    (class_name) @name
    body: (_)? @body)) @definition.class

(method_definition
  (method_name) @name
  body: (_)? @body) @definition.method

(instance_variable_definition
  (instance_variable_name) @name) @definition.field

; Values of the file and of its modules.
(compilation_unit
  (value_definition
    (let_binding
      pattern: [
        (value_name) @name
        (tuple_pattern
          (value_name) @name)
      ])) @definition.constant)

(structure
  (value_definition
    (let_binding
      pattern: [
        (value_name) @name
        (tuple_pattern
          (value_name) @name)
      ])) @definition.constant)

(compilation_unit
  (value_definition
    (let_binding
      pattern: (value_name) @name
      .
      (parameter)
      body: (_) @body)) @definition.function)

(structure
  (value_definition
    (let_binding
      pattern: (value_name) @name
      .
      (parameter)
      body: (_) @body)) @definition.function)

(compilation_unit
  (value_definition
    (let_binding
      pattern: (value_name) @name
      body: [
        (fun_expression)
        (function_expression)
      ] @body)) @definition.function)

(structure
  (value_definition
    (let_binding
      pattern: (value_name) @name
      body: [
        (fun_expression)
        (function_expression)
      ] @body)) @definition.function)

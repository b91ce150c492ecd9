; Variables of the file.
(program
  [
    (variable_assignment
      name: (variable_name) @name)
    (variable_assignments
      (variable_assignment
        name: (variable_name) @name))
    (declaration_command
      (variable_assignment
        name: (variable_name) @name))
  ] @definition.variable)

(program
  (declaration_command
    "readonly"
    (variable_assignment
      name: (variable_name) @name)) @definition.constant)

(function_definition
  name: (word) @name
  body: (_) @body) @definition.function

(header
  module: (module) @name) @definition.module

(data_type
  name: (name) @name
  constructors: (_)? @body) @definition.enum

(data_constructor
  constructor: (_
    name: (constructor) @name)) @definition.variant

(gadt_constructor
  name: (constructor) @name) @definition.variant

(newtype
  name: (name) @name
  constructor: (_)? @body) @definition.type

(newtype_constructor
  name: (constructor) @name) @definition.variant

(field
  name: (field_name
    (variable) @name)) @definition.field

(type_synonym
  name: (name) @name) @definition.type

(class
  name: (name) @name
  declarations: (_)? @body) @definition.interface

; A name's type signature and each of its equations.
(declarations
  (signature
    name: (variable) @name) @definition.constant)

(declarations
  (signature
    name: (variable) @name
    type: [
      (context)
      (forall)
      (function)
    ]) @definition.function)

(declarations
  (bind
    name: (variable) @name
    match: (_) @body) @definition.constant)

(declarations
  (function
    name: (variable) @name
    match: (_) @body) @definition.function)

(declarations
  (function
    (infix
      operator: (operator) @name)
    match: (_) @body) @definition.function)

(class_declarations
  (signature
    name: (variable) @name) @definition.method)

(class_declarations
  (function
    name: (variable) @name
    match: (_) @body) @definition.method)

(instance_declarations
  (function
    name: (variable) @name
    match: (_) @body) @definition.method)

(instance_declarations
  (bind
    name: (variable) @name
    match: (_) @body) @definition.method)

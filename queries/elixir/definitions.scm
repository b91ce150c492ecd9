((call
  target: (identifier) @_define
  (arguments
    .
    (alias) @name)
  (do_block) @body) @definition.module
  (#eq? @_define "defmodule"))

((call
  target: (identifier) @_define
  (arguments
    .
    (alias) @name)
  (do_block) @body) @definition.interface
  (#eq? @_define "defprotocol"))

((call
  target: (identifier) @_define
  (arguments
    .
    [
      (identifier) @name
      (call
        target: (identifier) @name)
      (binary_operator
        left: (call
          target: (identifier) @name)
        operator: "when")
    ]
    .
    (keywords)? @body)) @definition.function
  (#any-of? @_define "def" "defdelegate" "defn" "defnp" "defp"))

((call
  target: (identifier) @_define
  (arguments
    .
    [
      (identifier) @name
      (call
        target: (identifier) @name)
      (binary_operator
        left: (call
          target: (identifier) @name)
        operator: "when")
    ])
  (do_block) @body) @definition.function
  (#any-of? @_define "def" "defn" "defnp" "defp"))

((call
  target: (identifier) @_define
  (arguments
    .
    [
      (call
        target: (identifier) @name)
      (binary_operator
        left: (call
          target: (identifier) @name)
        operator: "when")
    ])
  (do_block)? @body) @definition.macro
  (#any-of? @_define "defguard" "defguardp" "defmacro" "defmacrop"))

; `@limit 10`.
((unary_operator
  operator: "@"
  operand: (call
    target: (identifier) @name
    (arguments))) @definition.constant
  (#not-any-of? @name "after_compile" "after_verify" "before_compile" "behaviour" "callback" "compile" "deprecated" "derive" "dialyzer" "doc" "enforce_keys" "external_resource" "impl" "macrocallback" "moduledoc" "on_definition" "on_load" "opaque" "optional_callbacks" "shortdoc" "spec" "tag" "type" "typedoc" "typep" "vsn"))

((unary_operator
  operator: "@"
  operand: (call
    target: (identifier) @_type
    (arguments
      (binary_operator
        left: [
          (identifier) @name
          (call
            target: (identifier) @name)
        ]
        operator: "::")))) @definition.type
  (#any-of? @_type "opaque" "type" "typep"))

((unary_operator
  operator: "@"
  operand: (call
    target: (identifier) @_callback
    (arguments
      (binary_operator
        left: (call
          target: (identifier) @name)
        operator: "::")))) @definition.method
  (#any-of? @_callback "callback" "macrocallback"))

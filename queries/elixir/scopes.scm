; Every call with a `do` block.
(call
  (do_block) @body) @scope.block

((call
  target: (identifier) @_define
  (do_block) @body) @scope.module
  (#any-of? @_define "defimpl" "defmodule" "defprotocol"))

((call
  target: (identifier) @_define
  (do_block) @body) @scope.function
  (#any-of? @_define "def" "defmacro" "defmacrop" "defn" "defnp" "defp" "test"))

(anonymous_function) @scope.function

(stab_clause
  right: (body)? @body) @scope.block

[
  (after_block)
  (catch_block)
  (else_block)
  (rescue_block)
] @scope.block

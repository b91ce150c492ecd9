; inherits: ocaml
(open_module_signature
  module: (_) @import.source) @import

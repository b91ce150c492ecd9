(open_module
  module: (_) @import.source) @import

(include_module
  module: (_) @import.source) @import

; A module alias.
(module_definition
  (module_binding
    (module_name) @import.name
    body: (module_path) @import.source)) @import

((call
  !receiver
  method: (identifier) @_method
  arguments: (argument_list
    (string) @import.source)) @import
  (#any-of? @_method "autoload" "load" "require" "require_relative"))

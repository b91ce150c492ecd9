((command
  name: (command_name) @_command
  .
  argument: (_) @import.source) @import
  (#any-of? @_command "." "source"))

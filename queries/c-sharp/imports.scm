(using_directive) @import

(using_directive
  !name
  (_) @import.source)

(using_directive
  name: (identifier) @import.name
  (_) @import.source)

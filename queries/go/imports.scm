; A package's own name is said by its source, not here.
(import_spec
  path: (_) @import.source) @import

(import_spec
  name: (package_identifier) @import.name)

; The imported package's name is in its own source, not in the import.
(import_spec
  path: (_) @import.source) @import

(import_spec
  name: (package_identifier) @import.name)

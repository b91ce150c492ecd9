(import
  module: (module) @import.source) @import

(import
  alias: (module) @import.name)

((import
  names: (import_list
    name: (import_name
      [
        (name)
        (variable)
      ] @import.name))) @_import
  (#not-match? @_import "[[:space:]]hiding[[:space:](]"))

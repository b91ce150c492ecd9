(use_declaration) @import

(extern_crate_declaration
  name: (identifier) @import.source @import.name
  !alias) @import

(extern_crate_declaration
  name: (identifier) @import.source
  alias: (identifier) @import.name) @import

(use_declaration
  argument: (identifier) @import.name)

(use_declaration
  argument: (scoped_identifier
    path: (_) @import.source
    name: (identifier) @import.name))

(use_declaration
  argument: (use_as_clause
    path: (scoped_identifier
      path: (_) @import.source)))

(use_declaration
  argument: (scoped_use_list
    path: (_) @import.source))

(use_declaration
  argument: (use_wildcard
    (_) @import.source))

(use_as_clause
  alias: (identifier) @import.name)

(use_list
  (identifier) @import.name)

(use_list
  (scoped_identifier
    name: (identifier) @import.name))

; `use std::fmt::{self, Write}` imports the name `fmt`.
(scoped_use_list
  path: (identifier) @import.name
  list: (use_list
    (self)))

(scoped_use_list
  path: (scoped_identifier
    name: (identifier) @import.name)
  list: (use_list
    (self)))

; Markdown has no imports.

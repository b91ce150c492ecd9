//! Data and markup languages.

use super::*;

#[test]
fn css() {
    check(
        "css",
        r#"@charset "utf-8";
@import url("base.css");
@import 'theme.css' screen;

/* What all shapes have. */
:root {
  --main-colour: #06c;
  --gap: calc(1rem + 2px);
}

.shape, a.round:hover > #logo[href^="http"] {
  color: var(--main-colour);
  background: url(circle.svg);
  content: "a \"quoted\" word";

  .label { margin: 0 !important; }
}

@media (max-width: 600px) {
  .shape { display: none }
}

@keyframes spin {
  from { rotate: 0deg }
  to { rotate: 360deg }
}

@supports (display: grid) { main { display: grid } }
@font-face { font-family: "Shape"; src: local('Shape') }
"#,
        expect![[r#"
            definitions
              Variable --main-colour: --main-colour: #06c;
              Variable --gap: --gap: calc(1rem + 2px);
              Class shape: .shape, a.round:hover > #logo[href^="http"]
              Class label: .label
              Class shape: .shape
              Function spin: @keyframes spin
            scopes
              Class :root { | { --main-colour: #06
              Class .shape, a.round:hover > #logo[href^="http"] { | { color: var(--main-
                Class .label { margin: 0 !important; } | { margin: 0 !importa
              Block @media (max-width: 600px) { | { .shape { display: 
                Class .shape { display: none } | { display: none }
              Class @keyframes spin { | { from { rotate: 0de
                Block from { rotate: 0deg } | { rotate: 0deg }
                Block to { rotate: 360deg } | { rotate: 360deg }
              Block @supports (display: grid) { main { display: grid } } | { main { display: gr
                Class main { display: grid } | { display: grid }
              Block @font-face { font-family: "Shape"; src: local('Shape') } | { font-family: "Shap
            imports
              base.css: 
              theme.css: 
            regions
              String "utf-8
              String "base.css
              String 'theme.css
              Comment /* What all shapes have. *
              String "http
              String circle.sv
              String "a \"quoted\" word
              String "Shape
              String 'Shape
        "#]],
    );
}

#[test]
fn html() {
    check(
        "html",
        r#"<!DOCTYPE html>
<html lang="en">
<head>
  <title>Shapes</title>
  <link rel="stylesheet" href="shapes.css">
  <script type="module" src="./shapes.js"></script>
  <style>
    .round { border-radius: 50%; }
  </style>
</head>
<body>
  <!-- All of them. -->
  <main id="shapes" class='wide "list"'>
    <h1>Every shape &amp; its area</h1>
    <img id=logo src="logo.svg" alt="A circle">
    <p>A circle
      has no corners.</p>
    <input disabled value=plain>
  </main>
  <script>
    const count = 1; // of shapes
  </script>
</body>
</html>
"#,
        expect![[r#"
            definitions
              Variable shapes: id="shapes"
              Variable logo: id=logo
            scopes
              Block <html lang="en"> | 
                Block <head> | 
                  Block <title>Shapes</title> | 
                  Block <script type="module" src="./shapes.js"></script> | 
                  Block <style> | .round { border-radi
                Block <body> | 
                  Block <main id="shapes" class='wide "list"'> | 
                    Block <h1>Every shape &amp; its area</h1> | 
                    Block <p>A circle | 
                  Block <script> | const count = 1; // 
            imports
              shapes.css: 
              ./shapes.js: 
            regions
              String "en
              String Shape
              String "stylesheet
              String "shapes.css
              String "module
              String "./shapes.js
              Comment <!-- All of them. --
              String "shapes
              String 'wide "list"
              String Every shap
              String &amp
              String its are
              String "logo.svg
              String "A circle
              String A circle has no corners
        "#]],
    );
}

#[test]
fn json() {
    check(
        "json",
        r#"{
  // The package.
  "name": "shapes",
  "version": "1.0.0",
  "scripts": { "test": "run \"all\"" },
  "files": [
    "src",
    { "from": "assets", "deep": [1, 2.5e3] }
  ],
  "private": true,
  "author": null
}
"#,
        expect![[r#"
            definitions
              Field name: "name": "shapes"
              Field version: "version": "1.0.0"
              Field scripts: "scripts":
              Field files: "files":
              Field private: "private": true
              Field author: "author": null
            scopes
              Class { | { // The package. "n
                Class "scripts": { "test": "run \"all\"" } | { "test": "run \"all
                  Class { "test": "run \"all\"" } | { "test": "run \"all
                Block "files": [ | [ "src", { "from": "
                  Block [ | [ "src", { "from": "
                    Class { "from": "assets", "deep": [1, 2.5e3] } | { "from": "assets", 
                      Block "deep": [1, 2.5e3] | [1, 2.5e3]
                        Block [1, 2.5e3] | [1, 2.5e3]
            imports
            regions
              Comment // The package.
              String "shapes
              String "1.0.0
              String "run \"all\"
              String "src
              String "assets
        "#]],
    );
}

#[test]
fn markdown() {
    check(
        "markdown",
        r#"---
title: Shapes
---

# Shapes

A *circle* has no corners,
and `code` too.

## Use

1. First
   - nested
2. Second

```rust
fn main() {}
```

> Quoted words.

    indented code

| a | b |
|---|---|
| 1 | 2 |

Other shapes
------------

See [the list][list]. <!-- hidden -->

<div>
html
</div>

[list]: https://example.org "Title"
"#,
        expect![[r#"
            definitions
              Module Shapes: # Shapes
              Module Use: ## Use
              Module Other shapes: Other shapes ------------
            scopes
              Module # Shapes | 
                Module ## Use | 
                  Block 1. First | 
                    Block - nested | 
                  Block 2. Second | 
                  Block ```rust | fn main() {}
            imports
            regions
              String # Shapes A *circle* has no corners, and `code` too. ## Use 1. First - nested 2. Second ```rust
              String ``` > Quoted words.
              String | a | b | |---|---| | 1 | 2 | Other shapes ------------ See [the list][list]. <!-- hidden --> <div> html </div> [list]: https://example.org "Title"
        "#]],
    );
}

#[test]
fn toml() {
    check(
        "toml",
        r#"# The package.
title = "shapes"
"quoted key" = 'literal'
version.major = 1

[package]
name = "shapes" # as published
authors = [
  "A <a@example.org>", # first
]
text = """
Many
lines."""

[dependencies.serde]
version = "1"
features = ["derive"]

[target.'cfg(unix)'.dependencies]
libc = { version = "0.2", optional = true }

[[bin]]
name = "shapes"
path = '''src/main.rs'''
"#,
        expect![[r#"
            definitions
              Field title: title = "shapes"
              Field "quoted key": "quoted key" = 'literal'
              Field version.major: version.major = 1
              Class package: [package]
              Field name: name = "shapes" # as published
              Field authors: authors = [ "A <a@example.org>", # first ]
              Field text: text = """ Many lines."""
              Class dependencies.serde: [dependencies.serde]
              Field version: version = "1"
              Field features: features = ["derive"]
              Class target.'cfg(unix)'.dependencies: [target.'cfg(unix)'.dependencies]
              Field libc: libc = { version = "0.2", optional = true }
              Class bin: [[bin]]
              Field name: name = "shapes"
              Field path: path = '''src/main.rs'''
            scopes
              Class [package] | 
                Block authors = [ | [ "A <a@example.org>
              Class [dependencies.serde] | 
                Block features = ["derive"] | ["derive"]
              Class [target.'cfg(unix)'.dependencies] | 
                Class libc = { version = "0.2", optional = true } | { version = "0.2", o
              Class [[bin]] | 
            imports
            regions
              Comment # The package.
              String "shapes
              String 'literal
              String "shapes
              Comment # as published
              String "A <a@example.org>
              Comment # first
              String """ Many lines.""
              String "1
              String "derive
              String "0.2
              String "shapes
              String '''src/main.rs''
        "#]],
    );
}

#[test]
fn yaml() {
    check(
        "yaml",
        r#"# Builds and tests.
name: shapes
on: [push, pull_request]
env: &defaults
  COLOUR: "always"
  'QUOTED': 'it''s'
jobs:
  test:
    <<: *defaults
    runs-on: ${{ matrix.os }}
    strategy: { matrix: { os: [linux, "mac"] } }
    steps:
      - uses: actions/checkout
      - name: Run # all of them
        run: |
          make
          make test
      - &last
        run: >-
          folded words
---
second: 2
"#,
        expect![[r#"
            definitions
              Field name: name: shapes
              Field on: on: [push, pull_request]
              Field env: env:
              Variable defaults: &defaults
              Field jobs: jobs:
              Variable last: &last
              Field second: second: 2
            scopes
              Class on: [push, pull_request] | [push, pull_request]
              Class env: &defaults | &defaults COLOUR: "a
              Class jobs: | test: <<: *defaults 
                Class test: | <<: *defaults runs-o
                  Class strategy: { matrix: { os: [linux, "mac"] } } | { matrix: { os: [lin
                  Class steps: | - uses: actions/chec
                    Block - uses: actions/checkout | 
                    Block - name: Run # all of them | 
                      Class run: | | | make make test
                    Block - &last | 
                      Class run: >- | >- folded words
            imports
              actions/checkout: 
            regions
              Comment # Builds and tests.
              String "always
              String 'it''s
              String "mac
              Comment # all of them
              String >- folded word
        "#]],
    );
}

//! Conventions of each language for documentation, tests and the place of tests.

/// Documentation format; `None` where the language has none.
pub(super) fn documentation(language: &str) -> Option<&'static str> {
    Some(match language {
        "rust" => "`///` doc comments (`//!` for a module) with `# Errors` and `# Panics` sections",
        "python" => "docstrings, as PEP 257 has them",
        "javascript" | "typescript" | "tsx" => "JSDoc comments",
        "java" => "Javadoc comments",
        "kotlin" => "KDoc comments",
        "scala" => "Scaladoc comments",
        "go" => "Go doc comments, which begin with the name they document",
        "c" | "cpp" => "Doxygen comments",
        "c-sharp" => "XML documentation comments",
        "ruby" => "YARD comments",
        "php" => "PHPDoc comments",
        "swift" => "Swift documentation markup (`///` with `- Parameters:`)",
        "lua" => "LuaLS annotations (`---@param`)",
        "bash" => "a comment above it that says its arguments, output and exit status",
        "zig" => "`///` doc comments",
        "haskell" => "Haddock comments",
        "ocaml" | "ocaml-interface" => "odoc comments",
        "elixir" => "`@doc` and `@moduledoc`",
        "sql" => "comments above it",
        _ => return None,
    })
}

/// Whether documentation is known for a language: it is a language of code, not of data or text.
pub fn has_documentation(language: &str) -> bool {
    documentation(language).is_some()
}

/// Test framework.
pub(super) fn tests(language: &str) -> Option<&'static str> {
    Some(match language {
        "rust" => "`#[test]` functions in a `#[cfg(test)] mod tests` that imports `super`",
        "python" => "pytest",
        "javascript" | "typescript" | "tsx" => "vitest or jest (`describe`, `it`, `expect`)",
        "java" => "JUnit 5",
        "kotlin" => "kotlin.test",
        "scala" => "munit",
        "go" => "the standard `testing` package, as a table where several cases are alike",
        "c" => "plain functions with `assert`",
        "cpp" => "GoogleTest",
        "c-sharp" => "xUnit",
        "ruby" => "minitest",
        "php" => "PHPUnit",
        "swift" => "XCTest",
        "lua" => "busted",
        "bash" => "bats",
        "zig" => "`test` blocks",
        "haskell" => "hspec",
        "ocaml" => "alcotest",
        "elixir" => "ExUnit",
        _ => return None,
    })
}

/// Whether a path is a test file.
pub(super) fn is_test(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next().unwrap_or(name);
    let in_folder =
        folders.split('/').any(|it| matches!(it, "test" | "tests" | "spec" | "__tests__"));
    let named = stem.starts_with("test_") || stem.ends_with("_test") || stem.ends_with("_spec");
    let cased = stem.ends_with("Test") || stem.ends_with("Tests") || stem.ends_with("Spec");
    in_folder || named || cased || name.contains(".test.") || name.contains(".spec.")
}

/// Path of the test file of `path`, relative to the same root. `None` where tests are in the file itself.
pub fn test_file(language: &str, path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let (stem, end) = name.rsplit_once('.').unwrap_or((name, ""));
    let beside = |name: String| match folder.is_empty() {
        true => name,
        false => format!("{folder}/{name}"),
    };
    let mirrored = |root: &str, name: String| {
        let inner = folder.strip_prefix("src/main/").map(|it| format!("src/test/{it}"));
        match inner {
            Some(folder) => format!("{folder}/{name}"),
            None => format!("{root}/{name}"),
        }
    };
    Some(match language {
        "python" => format!("tests/test_{stem}.py"),
        "javascript" | "typescript" | "tsx" => beside(format!("{stem}.test.{end}")),
        "go" => beside(format!("{stem}_test.go")),
        "java" | "kotlin" => mirrored("src/test", format!("{stem}Test.{end}")),
        "scala" => mirrored("src/test", format!("{stem}Suite.{end}")),
        "c" | "cpp" => format!("tests/{stem}_test.{end}"),
        "c-sharp" => format!("tests/{stem}Tests.cs"),
        "ruby" => format!("test/{stem}_test.rb"),
        "php" => format!("tests/{stem}Test.php"),
        "swift" => format!("Tests/{stem}Tests.swift"),
        "lua" => format!("spec/{stem}_spec.lua"),
        "bash" => format!("tests/{stem}.bats"),
        "haskell" => format!("test/{stem}Spec.hs"),
        "ocaml" => format!("test/test_{stem}.ml"),
        "elixir" => format!("test/{stem}_test.exs"),
        _ => return None,
    })
}

//! A change that was repeated and has several parts: the whole of it is suggested at the next place, or nothing.

use crate::references::Project;

/// A file, its lines with `#` for what differs, the line before and after the change, and the places that it is
/// suggested at. The changes are made in the first lines.
type Row<'a> = (&'a str, [&'a str; 2], [&'a str; 2], [&'a str; 5]);

/// Makes the first three changes and accepts what is suggested.
#[track_caller]
fn check(rows: &[Row<'_>], is_expected: bool) {
    for (file, [head, tail], [old, new], values) in rows {
        let line = |form: &str, value: &str| form.replace('#', value);
        let lines: String = values.iter().map(|it| line(old, it) + "\n").collect();
        let mut project = Project::new(&[(file, &[*head, &lines, *tail].concat())]);
        for value in &values[..3] {
            project.edit([&line(old, value), &line(new, value)]);
        }
        let mut expected: Vec<String> =
            values[3..].iter().map(|it| format!("{file}: {}", line(new, it).trim())).collect();
        expected.sort();
        let expected = if is_expected { expected } else { Vec::new() };
        assert_eq!(project.accepted(), expected, "{old} -> {new}");
    }
}

const TEXTS: [&str; 5] = ["\"a\"", "\"b\"", "\"c\"", "\"d\"", "\"e\""];
const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

#[test]
fn a_change_in_several_parts_is_suggested_whole() {
    check(
        &[
            ("a.js", ["", ""], ["console.log(#);", "logger.debug(#);"], TEXTS),
            (
                "A.java",
                ["class A {\n  void f() {\n", "  }\n}\n"],
                ["    System.out.println(#);", "    log.info(#);"],
                TEXTS,
            ),
            (
                "a.py",
                ["class A:\n", ""],
                ["    #: Optional[str] = None", "    #: str | None = None"],
                NAMES,
            ),
            (
                "a.rs",
                ["fn f() {\n", "}\n"],
                ["    let # = m.lock().unwrap();", "    let # = m.lock().expect(\"poisoned\");"],
                NAMES,
            ),
            (
                "b.rs",
                ["fn f() {\n", "}\n"],
                ["    let # = HashMap::new();", "    let # = BTreeMap::default();"],
                NAMES,
            ),
            (
                "b.py",
                ["class A(TestCase):\n    def test(self):\n", ""],
                ["        self.assertEqual(#, 4)", "        assert # == 4"],
                ["a", "b", "c", "f(d, 1)", "e"],
            ),
            ("b.js", ["", ""], ["const # = require(\"x\");", "import # from \"x\";"], NAMES),
            (
                "c.js",
                ["", ""],
                ["const # = function (x) { return x; };", "const # = (x) => x;"],
                NAMES,
            ),
            (
                "a.kt",
                ["class A {\n", "}\n"],
                ["    val #: String = \"\"", "    val #: Int = 0"],
                NAMES,
            ),
        ],
        true,
    );
}

#[test]
fn a_part_of_a_change_is_not_suggested() {
    // The name of the last line has another place.
    for (text, edits) in [
        (
            "console.log(1);\nconsole.log(2);\nconsole.table(3);\n",
            [["console.log(1)", "logger.debug(1)"], ["console.log(2)", "logger.debug(2)"]],
        ),
        // Half of the second change.
        (
            "console.log(1);\nconsole.log(2);\nconsole.log(3);\n",
            [["console.log(1)", "logger.debug(1)"], ["console.log(2)", "logger.log(2)"]],
        ),
        // Each wraps another text.
        ("f(a);\nf(a);\nf(a);\nf(a);\n", [["f(a)", "f(g(\"x\", a))"], ["f(a)", "f(g(\"y\", a))"]]),
    ] {
        let mut project = Project::new(&[("a.js", text)]);
        for edit in edits {
            project.edit(edit);
        }
        assert_eq!(project.accepted(), [""; 0], "{text}");
    }
}

#[test]
fn a_change_of_definitions_is_not_suggested_in_calls() {
    for (file, text, edits) in [
        (
            "a.py",
            "def f(a, b):\n    pass\ndef g(a, b):\n    pass\ndef h(a, b):\n    pass\n\nf(a, b)\n",
            ["f(a", "g(a", "h(a"].map(|it| (it, ": int")),
        ),
        (
            "a.ts",
            "function f(a, b) {}\nfunction g(a, b) {}\nfunction h(a, b) {}\nh(a, b);\n",
            ["f(a", "g(a", "h(a"].map(|it| (it, ": number")),
        ),
        (
            "b.py",
            "f(a, b)\ng(a, b)\nh(a, b)\n\n\ndef k(a, b):\n    pass\n",
            ["f(a", "g(a", "h(a"].map(|it| (it, ".id")),
        ),
    ] {
        let mut project = Project::new(&[(file, text)]);
        for (old, added) in edits {
            project.edit([old, &[old, added].concat()]);
        }
        assert_eq!(project.accepted(), [""; 0], "{text}");
    }
}

#[test]
fn one_change_of_a_version_or_a_long_text_is_suggested_where_the_line_is_alike() {
    let action = "jobs:\n  a:\n    steps:\n      - uses: actions/checkout@v5\n  b:\n    steps:\n      - uses: actions/checkout@v5\n";
    let pinned = action.replace("@v5", "@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.1");
    let text = "function a() {\n  throw new Error('the request timed out');\n}\n\nfunction b() {\n  throw new Error('the request timed out');\n}\n";
    for (file, text, edits, expected) in [
        (
            "a.yml",
            action,
            [["checkout@v5", "checkout@v6"]].as_slice(),
            &["a.yml: - uses: actions/checkout@v6"][..],
        ),
        (
            "b.yml",
            &pinned,
            &[
                [
                    "08c6903cd8c0fde910a37f88322edcfb5dd907a8",
                    "de0fac2e4500dabe0009e67214ff5f5447ce83dd",
                ],
                ["v5.0.1", "v6.0.2"],
            ],
            &["b.yml: - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2"],
        ),
        (
            "a.js",
            text,
            &[["'the request timed out'", "'the request took too long'"]],
            &["a.js: throw new Error('the request took too long');"],
        ),
        // Numbers and short texts may mean different things.
        ("a.py", "a(x, timeout=100)\nb(y, timeout=100)\n", &[["100", "200"]], &[]),
        ("b.py", "scale = 0.5\nscale = 0.5\n", &[["0.5", "0.7"]], &[]),
        ("c.py", "f(mode, kind, \"r\")\nf(mode, kind, \"r\")\n", &[["\"r\"", "\"w\""]], &[]),
    ] {
        let mut project = Project::new(&[(file, text)]);
        for edit in edits {
            project.edit(*edit);
        }
        assert_eq!(project.accepted(), expected, "{text}");
    }
}

use super::*;

/// Checks the file after the tests of `answer` are inserted, or the reason why they are not.
#[track_caller]
fn check(language: &str, file: &str, answer: &str, expected: &str) {
    let (syntax, _) = Syntax::new(None);
    let language = Language::named(language).expect("a language of the table");
    let insertions = match language.name() {
        "rust" => in_document(&syntax, language, file, answer),
        _ => in_test_file(&syntax, language, file, answer),
    };
    let found = match insertions {
        Ok(insertions) => {
            let mut text = file.to_owned();
            insertions.iter().rev().for_each(|(at, it)| text.insert_str(*at, it));
            text
        }
        Err(it) => it.to_string(),
    };
    assert_eq!(found, expected, "{answer}");
}

const RUST: &str = "fn f() {}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn a() {\n        f();\n    }\n}\n";

#[test]
fn a_module_around_new_tests_is_unwrapped_and_existing_tests_are_dropped() {
    let expected = RUST.replace(
        "    }\n}\n",
        "    }\n\n    #[test]\n    fn b() {\n        f();\n        f();\n    }\n}\n",
    );
    let b = "    #[test]\n    fn b() {\n        f();\n        f();\n    }\n";
    let same_name = "    #[test]\n    fn a() {\n        f();\n        g();\n    }\n\n";
    let same_body = "    /// Again.\n    #[test]\n    fn c() {\n        f();\n    }\n\n";
    for module in ["tests", "test", "unseen_tests"] {
        let answer = format!(
            "use crate::f;\n\n#[cfg(test)]\nmod {module} {{\n    use super::*;\n\n{same_name}{same_body}{b}}}\n"
        );
        check("rust", RUST, &answer, &expected);
    }
    check("rust", RUST, b, &expected);
    let existing =
        format!("#[cfg(test)]\nmod tests {{\n    use super::*;\n\n{same_name}{same_body}}}\n");
    check("rust", RUST, &existing, "every test of the answer exists already");
}

#[test]
fn the_first_tests_of_a_file_of_rust_are_a_module_with_its_imports_inside() {
    let file = "pub fn f() {}\n";
    let test = "    #[test]\n    fn a() {\n        f();\n    }\n";
    let module = |imports: &str| format!("#[cfg(test)]\nmod tests {{\n{imports}{test}}}\n");
    let expected = format!("{file}\n{}", module("    use super::*;\n\n"));
    let bare = "#[test]\nfn a() {\n    f();\n}\n";
    for answer in [
        module("    use super::*;\n\n"),
        format!("use super::*;\n\n{}", module("\n")),
        format!("use super::*;\n{}", module("    use super::*;\n\n")),
        format!("use super::*;\n\n{bare}"),
        bare.to_owned(),
    ] {
        check("rust", file, &answer, &expected);
    }
    let imports = "    use std::fmt;\n    use super::*;\n";
    let answer = format!("use std::fmt;\n\n{}", module("    use super::*;\n"));
    check("rust", file, &answer, &format!("{file}\n{}", module(imports)));
    // A file that has tests without a module gets more of them.
    let file = format!("fn f() {{}}\n\n{bare}");
    let other = bare.replace("a()", "b()").replace("f();", "f();\n    f();");
    check("rust", &file, &other, &format!("{file}\n{other}"));
}

#[test]
fn a_dropped_test_leaves_no_gap_and_spaces_in_a_text_make_another_test() {
    let test = |name: &str, text: &str| {
        format!("    #[test]\n    fn {name}() {{\n        g(\"{text}\");\n    }}\n")
    };
    let (one, two) = (test("one", "a"), test("two", " a "));
    let file = format!("mod tests {{\n    use super::*;\n\n{one}}}\n");
    let answer = [
        &*test("zero", "0"),
        &test("again", "a"),
        &two,
        &test("once_more", "a"),
        &test("three", "3"),
    ];
    let expected = [&*one, &test("zero", "0"), &two, &test("three", "3")].join("\n");
    let expected = format!("mod tests {{\n    use super::*;\n\n{expected}}}\n");
    check("rust", &file, &answer.join("\n"), &expected);
}

#[test]
fn a_group_is_dropped_with_the_last_of_its_tests() {
    let file = "import pytest\n\n\nclass TestA:\n    def test_one(self):\n        assert f(1)\n\n\ndef test_b():\n    assert f(2)\n";
    let answer = "class TestC:\n    def test_again(self):\n        assert f(1)\n\n    def test_more(self):\n        assert f(2)\n\n\ndef test_new():\n    assert f(3)\n";
    check("python", file, answer, &format!("{file}\ndef test_new():\n    assert f(3)\n"));
}

#[test]
fn a_test_with_another_attribute_is_another_test() {
    let test = |name: &str, value: u8| {
        format!("@pytest.mark.parametrize(\"a\", [{value}])\ndef {name}(a):\n    assert f(a)\n")
    };
    let (file, new) = (format!("import pytest\n\n\n{}", test("test_a", 1)), test("test_b", 2));
    check("python", &file, &new, &format!("{file}\n{new}"));
    check("python", &file, &test("test_b", 1), "every test of the answer exists already");
}

#[test]
fn tests_of_the_same_name_in_an_answer_are_numbered() {
    let answer = "#[test]\nfn b() {\n    f(1);\n}\n\n#[test]\nfn b() {\n    f(2);\n}\n";
    let new = "    #[test]\n    fn b() {\n        f(1);\n    }\n\n    #[test]\n    fn b_2() {\n        f(2);\n    }\n";
    check("rust", RUST, answer, &RUST.replace("    }\n}\n", &format!("    }}\n\n{new}}}\n")));
}

#[test]
fn a_class_around_new_tests_is_unwrapped_into_the_class_of_the_file() {
    let file = "import pytest\nfrom a import f\n\n\nclass TestF:\n    def test_one(self):\n        assert f(1)\n\n\ndef test_other():\n    assert f(0)\n";
    let answer = "import os\nimport pytest\n\nclass TestF:\n    def test_one(self):\n        assert f(1) == 1\n\n    def test_two(self):\n        assert f(2)\n";
    let expected = "import pytest\nfrom a import f\nimport os\n\n\nclass TestF:\n    def test_one(self):\n        assert f(1)\n\n    def test_two(self):\n        assert f(2)\n\n\ndef test_other():\n    assert f(0)\n";
    check("python", file, answer, expected);
    let file =
        "import org.junit.Test;\n\nclass ATest {\n  @Test\n  void one() {\n    f(1);\n  }\n}\n";
    let answer = "import org.junit.Test;\n\nclass ATest {\n  @Test\n  void one() {\n    f(1);\n  }\n\n  @Test\n  void two() {\n    f(2);\n  }\n}\n";
    check("java", file, answer, answer);
}

#[test]
fn functions_that_a_file_of_tests_lacks_are_added_at_its_end() {
    let file = "import pytest\n\n\ndef test_one():\n    assert f(1)\n";
    let answer = "import pytest\n\n\ndef test_one():\n    assert f(1)\n\n\ndef test_two():\n    assert f(2)\n";
    let expected = format!("{file}\ndef test_two():\n    assert f(2)\n");
    check("python", file, answer, &expected);
    check("python", file, file, "every test of the answer exists already");
    check("python", "", file, file);
}

#[test]
fn tests_import_a_name_once() {
    let file = "from a import f\nimport pytest\n\n\ndef test_one():\n    assert f(1)\n";
    let new = "\ndef test_two():\n    assert g(2)\n";
    let answer = format!("import pytest\nfrom a import f, g\n{new}");
    let imports = "from a import f\nimport pytest\nfrom a import g\n";
    check(
        "python",
        file,
        &answer,
        &format!("{}{new}", file.replacen("from a import f\nimport pytest\n", imports, 1)),
    );
    let file = "import { f } from './f';\n\nit('adds', () => {\n  f(1);\n});\n";
    let new = "\nit('keeps', () => {\n  g(1);\n});\n";
    let imports = "import { f } from './f';\nimport { g } from './f';\n";
    let expected = format!("{}{new}", file.replacen("import { f } from './f';\n", imports, 1));
    check("typescript", file, &format!("import {{ f, g }} from './f';\n{new}"), &expected);
    let file = RUST.replace("use super::*;", "use super::f;\n    use m::a;");
    let answer = "use super::{f, g};\nuse m::a;\n\n#[test]\nfn b() {\n    g();\n    g();\n}\n";
    let new =
        "\n    use super::g;\n\n    #[test]\n    fn b() {\n        g();\n        g();\n    }\n}\n";
    check("rust", &file, answer, &format!("{}{new}", file.strip_suffix("}\n").unwrap()));
}

#[test]
fn the_head_of_a_file_is_not_repeated() {
    let test = |name: &str| format!("func Test{name}(t *testing.T) {{\n\tf(\"{name}\")\n}}\n");
    let file = |imports: &str, tests: &[&str]| {
        let tests: Vec<String> = tests.iter().map(|it| test(it)).collect();
        format!("package shop\n\n{imports}\n{}", tests.join("\n"))
    };
    let block = |specs: &str| format!("import (\n{specs})\n");
    let one = "import \"testing\"\n";
    let both = block("\t\"fmt\"\n\t\"testing\"\n");
    for (there, answer, expected) in [
        (one, &*both, "import \"testing\"\nimport \"fmt\"\n"),
        (
            &*block("\t\"os\"\n\t\"testing\"\n"),
            &both,
            &block("\t\"os\"\n\t\"testing\"\n\t\"fmt\"\n"),
        ),
        (&both, one, &both),
    ] {
        check("go", &file(there, &["A"]), &file(answer, &["B"]), &file(expected, &["A", "B"]));
    }
    let class = |name: &str| {
        format!("class {name} {{\n  @Test\n  void {name}() {{\n    f();\n    {name}();\n  }}\n}}\n")
    };
    let head = "package a;\n\nimport org.junit.Test;\n\n";
    let there = format!("{head}{}", class("ATest"));
    check(
        "java",
        &there,
        &format!("{head}{}", class("BTest")),
        &format!("{there}\n{}", class("BTest")),
    );
    let module = |tests: &str| format!("defmodule ATest do\n  use ExUnit.Case\n\n{tests}end\n");
    let test = |name: &str| format!("  test \"{name}\" do\n    assert f(\"{name}\")\n  end\n");
    let both = format!("{}\n{}", test("a"), test("b"));
    check("elixir", &module(&test("a")), &module(&test("b")), &module(&both));
}

#[test]
fn a_describe_around_new_tests_is_unwrapped_into_the_same_describe() {
    let file = "import { f } from './f';\n\ndescribe('f', () => {\n  it('adds', () => {\n    expect(f(1)).toBe(2);\n  });\n});\n";
    let answer = "import { f } from './f';\n\ndescribe('f', () => {\n  it('adds', () => {\n    expect(f(2)).toBe(3);\n  });\n\n  it('keeps', () => {\n    expect(f(0)).toBe(0);\n  });\n});\n";
    let expected = "import { f } from './f';\n\ndescribe('f', () => {\n  it('adds', () => {\n    expect(f(1)).toBe(2);\n  });\n\n  it('keeps', () => {\n    expect(f(0)).toBe(0);\n  });\n});\n";
    check("javascript", file, answer, expected);
    check("typescript", file, answer, expected);
}

#[test]
fn every_group_of_an_answer_is_kept() {
    let it = |name: &str, value: u8| {
        format!("  it('{name}', () => {{\n    expect(f({value})).toBe({value});\n  }});\n")
    };
    let describe = |name: &str, tests: &[String]| {
        format!("describe('{name}', () => {{\n{}}});\n", tests.join("\n"))
    };
    let import = "import { f } from './f';\n\n";
    let file = |groups: &[String]| format!("{import}{}", groups.join("\n"));
    let (one, two, three) = (it("adds", 1), it("keeps", 2), it("fails", 3));
    let f = |tests: &[&String]| {
        describe("f", &tests.iter().map(|it| (*it).clone()).collect::<Vec<_>>())
    };
    let g = describe("g", &[three.clone(), it("adds", 4)]);
    let there = file(&[f(&[&one])]);
    let expected = file(&[f(&[&one, &two]), g.clone()]);
    for language in ["javascript", "typescript"] {
        for answer in [[f(&[&one, &two]), g.clone()], [g.clone(), f(&[&two])]] {
            check(language, &there, &file(&answer), &expected);
        }
        // Each belongs into one of the file.
        let there = file(&[f(&[&one]), describe("g", &[it("adds", 4)])]);
        let expected = file(&[f(&[&one, &two]), describe("g", &[it("adds", 4), three.clone()])]);
        check(language, &there, &file(&[g.clone(), f(&[&two])]), &expected);
        // None does.
        let (h, i) = (describe("h", std::slice::from_ref(&two)), describe("h", &[it("adds", 5)]));
        let expected = file(&[f(&[&one]), h.clone(), i.replace("'h'", "'h 2'")]);
        check(language, &file(&[f(&[&one])]), &file(&[h, i]), &expected);
    }
    // A group within one of the file stays as it is.
    let inner = "  describe('of zero', () => {\n    it('adds', () => {\n      expect(f(0)).toBe(0);\n    });\n  });\n";
    let answer = file(&[f(&[&one, &inner.to_owned()]), g.clone()]);
    check("javascript", &there, &answer, &file(&[f(&[&one, &inner.to_owned()]), g]));
}

#[test]
fn what_tests_need_is_kept_beside_their_groups() {
    let file = "import { f } from './f';\n\ndescribe('f', () => {\n  it('adds', () => {\n    f(1);\n  });\n});\n";
    let restated = "function f(a) {\n  return a;\n}\n";
    let needed = "const items = [2, 3];\n\nfunction all() {\n  return items;\n}\n";
    let rest = "const unused = 1;\n";
    let two = "  it('keeps', () => {\n    f(all());\n  });\n";
    let three = "it('fails', () => {\n  f(3);\n});\n";
    let answer =
        format!("{restated}\n{needed}\n{rest}\ndescribe('f', () => {{\n{two}}});\n\n{three}");
    let expected =
        format!("{}\n{two}}});\n\n{needed}\n{three}", file.strip_suffix("});\n").unwrap());
    check("javascript", file, &answer, &expected);
}

#[test]
fn several_modules_and_classes_of_an_answer_are_kept() {
    let test = |name: &str, value: u8| {
        format!("    #[test]\n    fn {name}() {{\n        f(make({value}));\n    }}\n")
    };
    let module = |name: &str, made: u8, tests: &[String]| {
        let make = format!("    fn make(it: u8) -> u8 {{\n        it + {made}\n    }}\n");
        let uses = "    use super::*;\n    use std::fmt;\n";
        format!("#[cfg(test)]\nmod {name} {{\n{uses}\n{make}\n{}}}\n", tests.join("\n"))
    };
    let answer = [
        module("tests", 1, &[test("a", 1), test("b", 2)]),
        module("more_tests", 2, &[test("b", 3), test("c", 4)]),
    ];
    let again =
        test("b_2", 3).replace("make", "make_2") + "\n" + &test("c", 4).replace("make", "make_2");
    let make = |name: &str, made: u8| {
        format!("    fn {name}(it: u8) -> u8 {{\n        it + {made}\n    }}\n")
    };
    let added = format!(
        "\n    use std::fmt;\n\n{}\n{}\n\n{}\n{again}}}\n",
        make("make", 1),
        test("b", 2),
        make("make_2", 2)
    );
    let expected = RUST.strip_suffix("}\n").unwrap().to_owned() + &added;
    check("rust", RUST, &answer.join("\n"), &expected);
    // Without a module in the file, both stay.
    let same = [module("tests", 1, &[test("a", 1)]), module("tests", 2, &[test("a", 2)])];
    let expected = format!("fn f() {{}}\n\n{}", same.join("\n"));
    let second = expected.rfind("mod tests").unwrap();
    let expected =
        expected[..second].to_owned() + &expected[second..].replacen("tests", "tests_2", 1);
    check("rust", "fn f() {}\n", &same.join("\n"), &expected);

    let class = |name: &str, tests: &[&str]| {
        let tests: Vec<String> = tests
            .iter()
            .map(|it| format!("    def test_{it}(self):\n        assert f('{it}')\n"))
            .collect();
        format!("class {name}:\n{}", tests.join("\n"))
    };
    let import = "import pytest\n\n\n";
    let (one, both) = (class("TestF", &["one"]), class("TestF", &["one", "two"]));
    let free = "def test_free():\n    assert f(0)\n";
    let g = class("TestG", &["three"]);
    let answer = format!("{import}{both}\n\n{g}\n\n{free}");
    check("python", &format!("{import}{one}"), &answer, &format!("{import}{both}\n{g}\n\n{free}"));
    let answer = format!("{import}{g}\n\n{}", class("TestG", &["four"]));
    let second = class("TestG_2", &["four"]);
    check("python", &format!("{import}{one}"), &answer, &format!("{import}{one}\n{g}\n\n{second}"));

    let class = |name: &str, tests: &[&str]| {
        let tests: Vec<String> = tests
            .iter()
            .map(|it| format!("  @Test\n  void {it}() {{\n    f({it});\n  }}\n"))
            .collect();
        format!("class {name} {{\n{}}}\n", tests.join("\n"))
    };
    let import = "import org.junit.Test;\n\n";
    let both = format!("{}\n{}", class("ATest", &["one", "two"]), class("BTest", &["three"]));
    check(
        "java",
        &(import.to_owned() + &class("ATest", &["one"])),
        &(import.to_owned() + &both),
        &(import.to_owned() + &both),
    );
}

#[test]
fn groups_of_two_levels_are_unwrapped_at_both() {
    let group = |name: &str, tests: &str| format!("  describe \"{name}\" do\n{tests}  end\n");
    let test = |name: &str, value: u8| {
        format!("    it \"{name}\" do\n      expect(f({value})).to eq({value})\n    end\n")
    };
    let file = |groups: &[String]| {
        format!("require \"a\"\n\nRSpec.describe A do\n{}end\n", groups.join("\n"))
    };
    let (one, two, three) = (test("adds", 1), test("keeps", 2), test("adds", 3));
    let there = file(&[group("#f", &one)]);
    let both = group("#f", &format!("{one}\n{two}"));
    let expected = file(&[both.clone(), group("#g", &three)]);
    check("ruby", &there, &expected, &expected);
    let flat = group("#g", &three).replace("\n  ", "\n").trim_start().to_owned();
    let bare = group("#f", &two).replace("\n  ", "\n").trim_start().to_owned() + "\n" + &flat;
    check("ruby", &there, &bare, &format!("{}\n{flat}", file(&[both])));
}

#[test]
fn groups_that_end_with_a_word_are_unwrapped() {
    let group = |tests: &str| {
        format!("require \"a\"\n\nRSpec.describe A do\n  describe \"#f\" do\n{tests}  end\nend\n")
    };
    let test = |name: &str, value: u8| {
        format!("    it \"{name}\" do\n      expect(f({value})).to eq({{}})\n    end\n")
    };
    let (one, two) = (test("adds", 1), test("keeps", 2));
    let answer = group(&[&*test("adds", 3), "\n", &test("again", 1), "\n", &two].concat());
    let bare = "describe \"#f\" do\n".to_owned() + &two + "end\n";
    for answer in [answer, bare] {
        check("ruby", &group(&one), &answer, &group(&format!("{one}\n{two}")));
    }
    check("ruby", &group(&one), &group(&one), "every test of the answer exists already");
    let class = |tests: &str| {
        format!("require \"test_helper\"\n\nclass ATest < Minitest::Test\n{tests}end\n")
    };
    let test = |name: &str| format!("  def test_{name}\n    assert f(:{name})\n  end\n");
    let (one, two) = (test("one"), test("two"));
    let both = format!("{one}\n{two}");
    check("ruby", &class(&one), &class(&both), &class(&both));
    let module = |tests: &str| {
        format!(
            "defmodule ATest do\n  use ExUnit.Case\n\n  describe \"f/1\" do\n{tests}  end\nend\n"
        )
    };
    let test =
        |name: &str| format!("    test \"{name}\" do\n      assert f(\"{name}\")\n    end\n");
    let (one, two) = (test("adds"), test("keeps"));
    let both = format!("{one}\n{two}");
    check("elixir", &module(&one), &module(&both), &module(&both));
}

#[test]
fn tests_with_a_table_of_values_are_tests() {
    let test = |table: &str, name: &str| {
        format!(
            "  it.each([\n    [{table}, \")\"],\n  ])('{name} %i', (a, b) => {{\n    expect(f(a)).toBe(b);\n  }});\n"
        )
    };
    let file = |tests: &str| {
        format!("import {{ f }} from './f';\n\ndescribe('f', () => {{\n{tests}}});\n")
    };
    let one = test("1", "adds");
    let two = test("2", "keeps").replace("f(a)", "f(a + 1)");
    let both = format!("{one}\n{two}");
    check("typescript", &file(&one), &file(&both), &file(&both));
    let test = |rows: &str, name: &str| {
        format!(
            "    @ParameterizedTest\n    @CsvSource({{\n        \"{rows}\",\n    }})\n    void {name}(int a) {{\n        f(a);\n    }}\n"
        )
    };
    let class = |tests: &str| format!("import org.junit.Test;\n\nclass ATest {{\n{tests}}}\n");
    let (one, two) = (test("1", "one"), test("2", "two"));
    let both = format!("{one}\n{two}");
    let answer = [&*one, "\n", &test("1", "again"), "\n", &two].concat();
    check("java", &class(&one), &class(&answer), &class(&both));
}

#[test]
fn tests_that_failed_are_left_out() {
    let (syntax, _) = Syntax::new(None);
    let check = |language: &str, answer: &str, output: &str, expected: Option<&str>| {
        let language = Language::named(language).expect("a language of the table");
        let found = failing::without_failing(&syntax, language, answer, output);
        assert_eq!(found.as_deref(), expected, "{output}");
    };
    let one = "#[test]\nfn one() {\n    f(1);\n}\n";
    let rust = format!("{one}\n#[test]\nfn two() {{\n    f(2);\n}}\n");
    let loud = "running 2 tests\ntest tests::one ... ok\ntest tests::two ... FAILED\n";
    let quiet = "---- tests::two stdout ----\nassertion failed\n\nfailures:\n    tests::two\n";
    check("rust", &rust, loud, Some(one));
    check("rust", &rust, quiet, Some(one));
    check("rust", &rust, "test tests::one ... FAILED\ntest tests::two ... FAILED\n", None);
    check("rust", &rust, "error: could not compile\n", None);

    let a = "def test_a():\n    assert twice(1) == 2\n";
    let b = "def test_b():\n    assert twice(1) == 3\n";
    let helper = "def twice(x):\n    return 2 * x\n\n\n";
    let output = "____ test_b ____\n\n    def test_b():\n>       assert twice(1) == 3\nFAILED tests/test_shop.py::test_b - twice\n";
    check("python", &format!("{helper}{a}\n\n{b}"), output, Some(&format!("{helper}{a}")));

    let adds = "it(\"adds\", () => {\n  f(1);\n});\n";
    let script = format!("{adds}\nit(\"adds two\", () => {{\n  f(2);\n}});\n");
    check("typescript", &script, " ✓ adds\n × adds two\n   → expected 3 to be 4\n", Some(adds));
    check("typescript", &script, "ok 1 - adds\nnot ok 2 - adds two\n", Some(adds));

    let first = "func TestA(t *testing.T) {\n\tf()\n}\n";
    let go = format!("{first}\nfunc TestB(t *testing.T) {{\n\tg()\n}}\n");
    let output = "=== RUN   TestA\n--- PASS: TestA (0.00s)\n=== RUN   TestB\n--- FAIL: TestB (0.00s)\nFAIL\n";
    check("go", &go, output, Some(first));

    let run = |name: &str| format!("\tt.Run(\"{name}\", func(t *testing.T) {{\n\t\tf(t)\n\t}})\n");
    let go = |runs: &str| format!("func TestA(t *testing.T) {{\n{runs}}}\n");
    let (one, two) = (run("one value"), run("two values"));
    let output = "--- FAIL: TestA (0.00s)\n    --- FAIL: TestA/two_values (0.00s)\nFAIL\n";
    check("go", &go(&format!("{one}\n{two}")), output, Some(&go(&one)));
    let both = format!("{first}\n{}", go(&one).replace("TestA", "TestC"));
    check("go", &both, "--- FAIL: TestC (0.00s)\nFAIL\n", Some(first));

    let table = |name: &str| format!("it.each([[1]])(\"{name}\", (a) => {{\n  f(a);\n}});\n");
    let script = format!("{adds}\n{}", table("keeps %i of $b values"));
    check("typescript", &script, " × keeps 1 of 2 values\n", Some(adds));
    let spec = |name: &str| format!("  it \"{name}\" do\n    f\n  end\n");
    let group = |tests: &str| format!("describe A do\n{tests}end\n");
    let (one, two) = (spec("adds"), spec("adds two"));
    let output =
        "Failures:\n\n  1) A adds two\n     Failure/Error: f\n\nrspec ./a_spec.rb:6 # A adds two\n";
    check("ruby", &group(&format!("{one}\n{two}")), output, Some(&group(&one)));
    let test = |name: &str| format!("  test \"{name}\" do\n    assert f()\n  end\n");
    let module = |tests: &str| format!("defmodule ATest do\n{tests}end\n");
    let output = "  1) test keeps (ATest)\n     test/a_test.exs:5\n     Assertion failed\n";
    let both = format!("{}\n{}", test("adds"), test("keeps"));
    check("elixir", &module(&both), output, Some(&module(&test("adds"))));
    let gtest = |name: &str| format!("TEST(Area, {name}) {{\n  EXPECT_EQ(area(), 1);\n}}\n");
    let output = "[ RUN      ] Area.Two\na.cpp:6: Failure\n[  FAILED  ] Area.Two (0 ms)\n[----------] 2 tests\n";
    let both = format!("{}\n{}", gtest("One"), gtest("Two"));
    check("cpp", &both, output, Some(&gtest("One")));
    let junit = |name: &str| {
        format!(
            "    @ParameterizedTest\n    @ValueSource(ints = {{\n        1,\n    }})\n    void {name}(int a) {{\n        f(a);\n    }}\n"
        )
    };
    let class = |tests: &str| format!("class ATest {{\n{tests}}}\n");
    let both = format!("{}\n{}", junit("adds"), junit("keeps"));
    let output = "[ERROR]   ATest.keeps:12 expected: <1> but was: <2>\n";
    check("java", &class(&both), output, Some(&class(&junit("adds"))));
}

#[test]
fn what_prepares_tests_is_kept_once() {
    let it = |name: &str| format!("  it('{name}', () => {{\n    f('{name}');\n  }});\n");
    let describe = |tests: &[String]| format!("describe('f', () => {{\n{}}});\n", tests.join("\n"));
    let import = "import { f } from './f';\n\n";
    let clear = "beforeEach(() => {\n  jest.clearAllMocks();\n});\n";
    let mock = "const now = 1;\n\njest.mock('./clock', () => ({\n  now: () => now,\n}));\n";
    let fetch = "global.fetch = jest.fn();\n";
    let (one, two) = (it("adds"), it("keeps"));
    let file = |setup: &str, tests: &[&String], after: &str| {
        let tests: Vec<String> = tests.iter().map(|it| (*it).clone()).collect();
        format!("{import}{setup}{}{after}", describe(&tests))
    };
    for language in ["javascript", "typescript"] {
        let answer = file(&format!("{mock}\n{fetch}\n{clear}\n"), &[&two], "console.log(f);\n");
        let there = file("", &[&one], "");
        let expected = file("", &[&one, &two], &format!("\n{mock}\n{fetch}\n{clear}"));
        check(language, &there, &answer, &expected);
        // The file has it.
        let there = file(&format!("{fetch}\n{clear}\n"), &[&one], "");
        let expected = file(&format!("{fetch}\n{clear}\n"), &[&one, &two], &format!("\n{mock}"));
        check(language, &there, &answer, &expected);
        // No test is new.
        let answer = file(&format!("{mock}\n{clear}\n"), &[&one], "");
        check(language, &there, &answer, "every test of the answer exists already");
        // Tests outside of all groups.
        let bare = two.replace("\n  ", "\n").trim_start().to_owned();
        let expected = format!("{there}\n{bare}");
        check(language, &there, &format!("{import}{clear}\n{bare}"), &expected);
    }
    // Within a group.
    let set = "  let cart;\n\n  beforeEach(() => {\n    cart = f();\n  });\n\n";
    let group =
        |tests: &[&str]| format!("{import}describe('f', () => {{\n{set}{}}});\n", tests.join("\n"));
    check("typescript", &group(&[&one]), &group(&[&two]), &group(&[&one, &two]));
    let fixture = "@pytest.fixture(autouse=True)\ndef clock(monkeypatch):\n    monkeypatch.setenv(\"TZ\", \"UTC\")\n";
    let class = |tests: &str| format!("class TestF:\n{tests}");
    let (one, two) = (
        "    def test_one(self):\n        assert f(1)\n",
        "    def test_two(self):\n        assert f(2)\n",
    );
    let import = "import pytest\n\n\n";
    check(
        "python",
        &format!("{import}{}", class(one)),
        &format!("{import}{fixture}\n\n{}", class(two)),
        &format!("{import}{}\n{fixture}", class(&format!("{one}\n{two}"))),
    );
}

#[test]
fn an_impl_block_stays_with_its_type() {
    let fake = "struct Fake<T>(T);\n\nimpl<T: Clone> Fake<T> {\n    fn new(it: T) -> Self {\n        Self(it)\n    }\n}\n\nimpl<T> crate::Clock for Fake<T> {\n    fn now(&self) -> u8 {\n        1\n    }\n}\n";
    let restated = "struct Cart;\n\nimpl Cart {\n    fn f() {}\n}\n";
    let test = "    #[test]\n    fn b() {\n        g(Fake::new(1));\n    }\n";
    let answer =
        format!("{restated}\n{fake}\n#[cfg(test)]\nmod tests {{\n    use super::*;\n\n{test}}}\n");
    let indented = nested::indented(fake, "    ");
    let expected = format!("{}\n{indented}\n{test}}}\n", RUST.strip_suffix("}\n").unwrap());
    check("rust", RUST, &answer, &expected);
    // A method is another one in another type, and is not renamed.
    let there = format!(
        "{}\n    struct Old;\n\n    impl Old {{\n        fn new() -> Self {{\n            Self\n        }}\n    }}\n}}\n",
        RUST.strip_suffix("}\n").unwrap()
    );
    let two = indented.replace("Fake", "Other");
    let answer =
        format!("#[cfg(test)]\nmod tests {{\n    use super::*;\n\n{indented}\n{two}\n{test}}}\n");
    let expected = format!("{}\n{indented}\n{two}\n{test}}}\n", there.strip_suffix("}\n").unwrap());
    check("rust", &there, &answer, &expected);
    let method = |it: &str, body: &str| {
        format!("type {it} struct{{}}\n\nfunc (f {it}) Get() int {{\n\treturn {body}\n}}\n")
    };
    let go = |code: &str| format!("package a\n\nimport \"testing\"\n\n{code}");
    let test = |it: &str| format!("func Test{it}(t *testing.T) {{\n\tf({it}{{}})\n}}\n");
    let there = go(&format!("{}\n{}", method("first", "1"), test("first")));
    let new = format!("{}\n{}", method("second", "1"), test("second"));
    check("go", &there, &go(&new), &format!("{there}\n{new}"));
}

#[test]
fn a_helper_with_the_body_of_another_one_is_kept() {
    let helper = |name: &str| format!("    fn {name}() -> Cart {{\n        Cart::new()\n    }}\n");
    let test =
        |name: &str| format!("    #[test]\n    fn {name}() {{\n        f({name}());\n    }}\n");
    let module =
        |code: &[&str]| format!("mod tests {{\n    use super::*;\n\n{}}}\n", code.join("\n"));
    let (there, new) = ([&*helper("cart"), &test("full")], [&*helper("empty"), &test("lone")]);
    check("rust", &module(&there), &module(&new), &module(&[there, new].concat()));
}

#[test]
fn tests_of_cpp_that_are_macros_are_told_apart() {
    let test = |name: &str, value: u8| {
        format!("TEST(AreaTest, {name}) {{\n  EXPECT_EQ(area({value}), {value});\n}}\n")
    };
    let file = |tests: &[&str]| format!("#include <gtest/gtest.h>\n\n{}", tests.join("\n"));
    let (one, two) = (test("IsOne", 1), test("IsTwo", 2));
    let answer = file(&[&test("IsOne", 3), &test("IsAgainOne", 1), &two, &test("IsTwo", 4)]);
    let again = test("IsTwo_2", 4);
    check("cpp", &file(&[&one]), &answer, &file(&[&one, &two, &again]));
    check("cpp", &file(&[&one]), &file(&[&one]), "every test of the answer exists already");
    let class = "class CartTest : public ::testing::Test {\n protected:\n  void SetUp() override { cart.add(1); }\n\n  Cart cart;\n};\n";
    let test =
        |name: &str| format!("TEST_F(CartTest, {name}) {{\n  EXPECT_EQ(cart.{name}(), 1);\n}}\n");
    let (one, two) = (test("size"), test("total"));
    check("cpp", &file(&[class, &one]), &file(&[class, &two]), &file(&[class, &one, &two]));
    let case = |name: &str, value: u8| {
        format!(
            "TEST_CASE(\"{name}\", \"[area]\") {{\n  SECTION(\"{name}\") {{\n    REQUIRE(area({value}) == {value});\n  }}\n}}\n"
        )
    };
    let (one, two) = (case("one", 1), case("two", 2));
    check("cpp", &file(&[&one]), &file(&[&case("one", 3), &two]), &file(&[&one, &two]));
}

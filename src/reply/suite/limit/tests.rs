use super::*;

/// The answer as it is cut, and the number of pieces that were read of it.
fn cut(language: &str, existing: &str, answer: &str) -> Option<(String, usize)> {
    let syntax = Arc::new(Syntax::new(None).0);
    let document = "a add check slug Add New";
    let mut limit = TestLimit::new(syntax, Language::named(language)?, document, existing);
    let pieces: Vec<&str> = answer.split_inclusive([' ', '\n']).collect();
    let mut read = 0..;
    let cut = pieces.iter().find_map(|it| read.next().and(limit.push(it)))?;
    Some((cut, read.start))
}

fn check(language: &str, before: &str, test: impl Fn(usize) -> String, after: &str) {
    let all = |count: usize, after: &str| {
        let tests: Vec<String> = (0..count).map(&test).collect();
        format!("Here:\n```{language}\n{before}{}{after}```\n", tests.join("\n"))
    };
    let found = cut(language, "", &all(40, after));
    let (found, read) = found.unwrap_or_else(|| panic!("not ended: {}", all(1, after)));
    assert_eq!(found, all(MOST, after), "{language}");
    assert!(read < all(MOST + 2, "").split_inclusive([' ', '\n']).count(), "{language}: {read}");
    assert_eq!(cut(language, "", &all(MOST, after)), None, "{language}");
    let existing: String = (0..9).map(&test).collect();
    assert_eq!(cut(language, &format!("{before}{existing}{after}"), &all(MOST + 9, after)), None);
}

#[test]
fn an_answer_ends_after_ten_tests() {
    let test =
        |it| format!("    #[test]\n    fn slug_{it}() {{\n        assert!(a(\"{{\"));\n    }}\n");
    check("rust", "#[cfg(test)]\nmod tests {\n    use super::*;\n\n", test, "}\n");
    let test = |it| format!("    def test_{it}(self):\n        assert slug({it}) == \"(\"\n");
    check("python", "import pytest\n\n\nclass TestSlug:\n", test, "");
    let test = |it| format!("  it('adds {it}', () => {{\n    expect(add(1)).toBe(2);\n  }});\n");
    check("typescript", "describe('add', () => {\n", test, "});\n");
    let test = |it| format!("func TestAdd{it}(t *testing.T) {{\n\tadd(t, []int{{1}})\n}}\n");
    check("go", "package a\n\n", test, "");
    let test = |it| format!("    @Test\n    void adds{it}() {{\n        add(1);\n    }}\n");
    check("java", "class AddTest {\n", test, "}\n");
    let test = |it| format!("TEST(AddTest, Adds{it}) {{\n  EXPECT_EQ(add(1), \"{{\");\n}}\n");
    check("cpp", "#include <gtest/gtest.h>\n\n", test, "");
}

#[test]
fn an_answer_that_only_repeats_known_tests_ends_after_ten() {
    let test = |it| format!("    #[test]\n    fn a_{it}() {{\n        add({it});\n    }}\n");
    let module =
        |tests: &[String]| format!("mod tests {{\n    use super::*;\n\n{}}}\n", tests.join("\n"));
    let known: Vec<String> = (0..30).map(test).collect();
    let answer = |tests: &[String]| format!("```rust\n{}```\n", module(tests));
    let (found, read) = cut("rust", &module(&known), &answer(&known)).expect("it is ended");
    assert_eq!(found, answer(&known[..MOST]));
    assert!(read < answer(&known[..MOST + 2]).split_inclusive([' ', '\n']).count());
    // A new test among them can have others behind it.
    let with_new = [&known[..3], &[test(99)], &known[3..]].concat();
    assert_eq!(cut("rust", &module(&known), &answer(&with_new)), None);
    assert_eq!(cut("rust", &module(&known), &answer(&known[..MOST])), None);
}

#[test]
fn expressions_in_strings_are_closed_and_what_cannot_be_closed_is_not_ended() {
    let test = |it| {
        format!("  it(`adds {it}`, () => {{\n    expect(`${{add({it})}}`).toBe('2');\n  }});\n")
    };
    check("typescript", "describe('add', () => {\n", test, "});\n");
    let test =
        |it| format!("    func testAdd{it}() {{\n        check(\"\\(add({it}))\")\n    }}\n");
    check("swift", "class AddTests: XCTestCase {\n", test, "}\n");
    let test = |it| {
        format!("    @Test\n    fun adds{it}() {{\n        check(\"${{add({it})}}\")\n    }}\n")
    };
    check("kotlin", "class AddTest {\n", test, "}\n");
    let parts = |it| format!("it('a {it}', () => {{ f([\n");
    let unclosed: String = (0..20).map(parts).collect();
    assert_eq!(cut("typescript", "", &format!("```ts\n{unclosed}```\n")), None);
}

#[test]
fn tests_in_blocks_with_do_are_counted() {
    let test = |it| format!("  def test_{it}\n    add({it})\n  end\n");
    check("ruby", "class AddTest < Minitest::Test\n", test, "end\n");
    let test = |it| format!("    it \"adds {it}\" do\n      expect(add({it})).to eq(2)\n    end\n");
    let head = "RSpec.describe Add, type: :model do\n  describe \"#add\" do\n";
    check("ruby", head, test, "  end\nend\n");
    let test = |it| {
        format!("    test \"adds {it}\", %{{a: a}} do\n      assert add({it}, a) == 2\n    end\n")
    };
    let head = "defmodule AddTest do\n  use ExUnit.Case\n\n  describe \"add/2\" do\n";
    check("elixir", head, test, "  end\nend\n");
}

#[test]
fn tests_with_a_table_or_in_one_line_are_counted() {
    let test = |it| {
        format!(
            "  it.each([\n    [1, \"(\"],\n  ])('adds {it} to %i', (a, b) => {{\n    expect(add(a)).toBe(b);\n  }});\n"
        )
    };
    check("typescript", "describe('add', () => {\n", test, "});\n");
    let test = |it| {
        format!(
            "  test.each`\n    a | b\n    ${{1}} | ${{2}}\n  `('adds {it} to $a', ({{ a, b }}) => {{\n    expect(add(a)).toBe(b);\n  }});\n"
        )
    };
    check("javascript", "describe.skip('add', () => {\n", test, "});\n");
    let test = |it| format!("  it('adds {it}', () => expect(add(1)).toBe({it}));\n");
    check("typescript", "describe('add', () => {\n", test, "});\n");
    let test = |it| {
        format!(
            "    @ParameterizedTest(name = \"adds{it}\")\n    @CsvSource({{\n        \"1, 2\",\n        \"2, 3\",\n    }})\n    void adds{it}(int a, int b) {{\n        add(a);\n    }}\n"
        )
    };
    check("java", "class AddTest {\n", test, "}\n");
}

#[test]
fn tests_within_a_test_are_counted() {
    let test = |it| format!("\tt.Run(\"adds {it}\", func(t *testing.T) {{\n\t\tadd({it})\n\t}})\n");
    check("go", "package a\n\nfunc TestAdd(t *testing.T) {\n", test, "}\n");
}

#[test]
fn functions_behind_the_tests_that_these_call_are_kept() {
    let test = |it: usize| format!("def test_{it}():\n    assert add(twice({it})) == 2\n");
    let tests = |count: usize| (0..count).map(test).collect::<Vec<_>>().join("\n");
    let helper = "def twice(a):\n    return double(a)\n";
    let more = "def double(a):\n    return 2 * a\n";
    let answer = |rest: &str| format!("```python\n{}\n{rest}```\n", tests(12));
    // The answer has ended.
    assert_eq!(cut("python", "", &answer(&format!("{helper}\n{more}"))), None);
    let loops = format!("{helper}\n{more}\n{}", (20..60).map(test).collect::<String>());
    let found = cut("python", "", &answer(&loops)).unwrap().0;
    assert_eq!(found, format!("```python\n{}\n{helper}\n{more}```\n", tests(10)));
    // A function that is never defined is not waited for.
    let found = cut("python", "", &format!("```python\n{}```\n", tests(40))).unwrap().0;
    assert_eq!(found, format!("```python\n{}```\n", tests(10)));
    let test = |it: usize| {
        format!("  it('adds {it}', () => {{\n    expect(add(build({it}))).toBe(2);\n  }});\n")
    };
    let tests = |from: usize, to: usize| (from..to).map(test).collect::<Vec<_>>().join("\n");
    let helper = "function build(a: number) {\n  return a;\n}\n";
    let head = "describe('add', () => {\n";
    let answer = format!(
        "```ts\n{head}{}}});\n\n{helper}\ndescribe('more', () => {{\n{}",
        tests(0, 12),
        tests(12, 30)
    );
    let found = cut("typescript", "", &answer).unwrap().0;
    assert_eq!(found, format!("```ts\n{head}{}}});\n\n{helper}```\n", tests(0, 10)));
}

#[test]
fn only_tests_are_counted() {
    let fixtures: String =
        (0..8).map(|it| format!("@pytest.fixture\ndef value_{it}():\n    return {it}\n")).collect();
    let tests: String = (0..10).map(|it| format!("def test_{it}():\n    add({it})\n")).collect();
    assert_eq!(cut("python", "", &format!("```python\n{fixtures}{tests}```\n")), None);
}

#[test]
fn what_is_complete_of_an_answer_without_an_end_is_kept() {
    let check = |language: &str, answer: &str, expected: Option<&str>| {
        let syntax = Syntax::new(None).0;
        let completed = completed(&syntax, Language::named(language).unwrap(), answer);
        assert_eq!(completed.as_deref(), expected, "{answer}");
    };
    let one = "```python\ndef test_one():\n    assert add(1)\n";
    check("python", &format!("{one}    assert ad"), Some(&format!("{one}```\n")));
    let one = "```rust\nmod tests {\n    #[test]\n    fn one() {\n        add(1);\n    }\n\n";
    let half = format!("{one}    #[test]\n    fn two() {{\n        add(2,\n        3");
    let one = one.trim_end();
    check("rust", &half, Some(&format!("{one}\n}}\n```\n")));
    check("rust", "```rust\nmod tests {\n    #[test]\n    fn one() {\n        add(1,\n", None);
    check("rust", "There are no tests", None);
}

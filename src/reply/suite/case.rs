//! Tests of C++ that are macros in the form of a function: `TEST(AreaTest, IsZero) {`, `BOOST_AUTO_TEST_CASE(is_zero) {`.

use std::ops::Range;

/// Macros of GoogleTest and of Boost.Test.
const MACROS: [&str; 6] =
    ["BOOST_AUTO_TEST_CASE", "TEST", "TEST_F", "TEST_P", "TYPED_TEST", "TYPED_TEST_P"];

/// A test whose macro was found.
pub(super) struct TestCase<'a> {
    /// All arguments, which together are the name: only the last one differs between the tests of a suite.
    pub(super) name: Range<usize>,
    /// `AreaTest.IsZero`.
    pub(super) title: String,
    /// The macro, with the fixture if the test has one.
    pub(super) kind: &'a str,
}

/// The test whose macro is at a range; `None` if that is another function.
pub(super) fn at<'a>(text: &'a str, called: &Range<usize>) -> Option<TestCase<'a>> {
    let word = MACROS.iter().find(|it| **it == &text[called.clone()])?;
    let open = called.end + text[called.end..].find('(')? + 1;
    let end = open + text[open..].find(')')?;
    let name = open..end;
    let arguments: Vec<&str> = text[name.clone()].split(',').map(str::trim).collect();
    let kind = match *word {
        "TEST" => &text[called.clone()],
        _ => &text[called.start..open + text[name.clone()].find(',').unwrap_or_default()],
    };
    Some(TestCase { title: arguments.join("."), name, kind })
}

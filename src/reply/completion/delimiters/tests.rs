use super::*;

/// The pieces of `text` that close delimiters open after `before`.
fn closers<'a>(language: &str, before: &str, text: &'a str) -> Vec<&'a str> {
    let open = OpenDelimiter::at(Language::named(language), false, before, "", None);
    open.closers(text).0.into_iter().map(|it| &text[it]).collect()
}

#[test]
fn closers_are_found_outside_of_the_strings_of_the_text() {
    assert_eq!(closers("python", "print(", "\":)\""), [""; 0]);
    assert_eq!(closers("python", "print(\"", "a)\", b);"), ["\"", ")"]);
    assert_eq!(closers("rust", "f(&'a x, '(', ", "b)?;"), [")"]);
    assert_eq!(closers("rust", "f(", "a)(b"), [")"]);
    assert_eq!(closers("javascript", "f(() => {", "\n  g();\n})"), ["}", ")"]);
    assert_eq!(closers("rust", "r#\"a\"", "b\"#)"), ["\"#", ")"]);
    assert_eq!(closers("r", "paste('it", "s')"), ["'", ")"]);
}

#[test]
fn a_place_is_in_a_string_by_its_quotes_or_its_tree() {
    let region = |language: &str, before: &str, tree| {
        OpenDelimiter::at(Language::named(language), false, before, "\")", tree).region()
    };
    assert_eq!(region("python", "x = \"a", None), Region::String);
    assert_eq!(region("python", "x = 1 # it's", None), Region::Comment);
    assert_eq!(region("python", "\"\"\"A\n\nb", None), Region::String);
    assert_eq!(region("rust", "x = \"a", Some(Region::Code)), Region::String);
    let within =
        OpenDelimiter::at(Language::named("rust"), false, "x = \"a", ");", Some(Region::Code));
    assert_eq!(within.region(), Region::Code);
    assert_eq!(region("rust", "b", Some(Region::String)), Region::String);
    assert_eq!(region("c", "/* a", None), Region::Comment);
}

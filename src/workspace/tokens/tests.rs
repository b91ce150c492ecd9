use std::path::Path;

use super::*;

fn index(files: &[(&str, &str)]) -> Tokens {
    let tokens = Tokens::new(1_000_000);
    let mut builder = tokens.builder();
    for (path, text) in files {
        assert!(builder.add(Path::new(path), text));
    }
    tokens.install(builder);
    tokens
}

/// The words that follow `context` in all files but `own`, in the order of the index.
fn follows(tokens: &Tokens, context: &str, own: Option<&str>) -> Vec<String> {
    let snapshot = tokens.snapshot();
    let own = own.map(Path::new);
    let mut wanted = Vec::new();
    snapshot.vocabulary().lines(context, &mut wanted);
    wanted.pop();
    let (base, hidden) = (snapshot.base(), snapshot.hidden(own));
    let mut ranges = Vec::new();
    base.ranges(&wanted, &mut ranges);
    let longest = ranges.get(wanted.len() - 1).cloned().unwrap_or(0..0);
    let places = longest.map(|it| base.place(it)).filter(|it| !hidden.contains(*it));
    let mut next: Vec<Token> = places.filter_map(|it| base.token(it + 1)).collect();
    for row in snapshot.changed(own) {
        let found = row.windows(wanted.len() + 1).filter(|it| it.starts_with(&wanted));
        next.extend(found.map(|it| it[wanted.len()]));
    }
    let words = snapshot.vocabulary().read();
    let mut next: Vec<_> = next.into_iter().map(|it| words.text(it).to_owned()).collect();
    next.sort();
    next
}

#[test]
fn every_place_that_follows_the_same_words_is_found() {
    let tokens = index(&[("a.rs", "let x = one;\nlet y = two;\n"), ("b.rs", "let x = three;\n")]);
    assert_eq!(follows(&tokens, "let x =", None), ["one", "three"]);
    assert_eq!(follows(&tokens, "let", None), ["x", "x", "y"]);
    assert_eq!(follows(&tokens, "let z", None), [""; 0]);
}

#[test]
fn a_query_from_a_file_does_not_find_its_own_words() {
    let tokens = index(&[("a.rs", "let x = one;\n"), ("b.rs", "let x = two;\n")]);
    assert_eq!(follows(&tokens, "let x =", Some("a.rs")), ["two"]);
    tokens.update(Path::new("a.rs"), "let x = three;\n");
    assert_eq!(follows(&tokens, "let x =", Some("a.rs")), ["two"]);
    assert_eq!(follows(&tokens, "let x =", Some("b.rs")), ["three"]);
}

#[test]
fn a_changed_file_hides_its_old_words_and_a_removed_file_hides_all() {
    let tokens = index(&[("a.rs", "let x = one;\n"), ("b.rs", "let x = two;\n")]);
    tokens.update(Path::new("a.rs"), "let x = four;\n");
    tokens.update(Path::new("a.rs"), "let x = five;\n");
    assert_eq!(follows(&tokens, "let x =", None), ["five", "two"]);
    tokens.remove(Path::new("a.rs"));
    tokens.remove(Path::new("b.rs"));
    assert_eq!(follows(&tokens, "let x =", None), [""; 0]);
}

#[test]
fn changes_during_a_rebuild_are_kept() {
    let tokens = index(&[("a.rs", "let x = one;\n"), ("b.rs", "let x = two;\n")]);
    tokens.update(Path::new("b.rs"), "let x = new;\n");
    let mut builder = tokens.builder();
    builder.add(Path::new("a.rs"), "let x = one;\n");
    builder.add(Path::new("b.rs"), "let x = new;\n");
    tokens.update(Path::new("a.rs"), "let x = newer;\n");
    tokens.install(builder);
    assert_eq!(follows(&tokens, "let x =", None), ["new", "newer"]);
}

#[test]
fn a_rebuild_started_earlier_does_not_replace_a_later_one() {
    let tokens = index(&[]);
    let mut slow = tokens.builder();
    slow.add(Path::new("a.rs"), "let x = old;\n");
    tokens.update(Path::new("a.rs"), "let x = new;\n");
    let mut quick = tokens.builder();
    quick.add(Path::new("a.rs"), "let x = new;\n");
    tokens.install(quick);
    tokens.install(slow);
    assert_eq!(follows(&tokens, "let x =", None), ["new"]);
}

#[test]
fn the_index_stops_at_its_limit() {
    let tokens = Tokens::new(1000);
    let mut builder = tokens.builder();
    assert!(builder.add(Path::new("a.rs"), &"a b\n".repeat(100)));
    assert!(!builder.add(Path::new("b.rs"), &"a b\n".repeat(300)));
    tokens.install(builder);
    assert_eq!(tokens.snapshot().tokens(), 302);
}

#[test]
fn many_changes_request_a_rebuild_and_are_bounded() {
    let tokens = Tokens::new(10_000_000);
    let text = "a b c\n".repeat(40_000);
    assert!(!tokens.wants_rebuild());
    for path in ["a", "b", "c", "d", "e"] {
        tokens.update(Path::new(path), &text);
    }
    assert!(tokens.wants_rebuild());
    assert!(tokens.snapshot().tokens() <= 2 * REBUILD);
}

#[test]
fn many_removed_files_request_a_rebuild_that_forgets_them() {
    let tokens = Tokens::new(1000);
    for file in 0..=REBUILD_FILES {
        tokens.remove(Path::new(&format!("{file}.rs")));
    }
    assert!(tokens.wants_rebuild());
    tokens.install(tokens.builder());
    assert!(!tokens.wants_rebuild());
}

#[test]
fn names_are_found_by_prefix() {
    let tokens = index(&[("a.rs", "parse(x) parser + (parsed)\nprint ")]);
    let snapshot = tokens.snapshot();
    let words = snapshot.vocabulary().read();
    let names = |prefix, spaced| -> Vec<&str> {
        let names = snapshot.base().names_from(&words, prefix, spaced);
        names.map(|it| words.text(it)).collect()
    };
    assert_eq!(names("pars", false), ["parse", "parsed"]);
    assert_eq!(names("p", true), ["parser"]);
}

#[test]
fn occurrences_count_each_file_as_it_is_now() {
    let tokens = index(&[("a.rs", "area(area);\n"), ("b.rs", "let x = area;\nareas();\n")]);
    let count = |word, limit| tokens.snapshot().occurrences(word, None, limit);
    let others = |own| tokens.snapshot().occurrences("area", Some(Path::new(own)), 9);
    assert_eq!([count("area", 9), count("x", 9), count("ar", 9)], [3, 1, 0]);
    assert_eq!(count("area", 2), 2);
    assert_eq!([others("a.rs"), others("b.rs")], [1, 2]);
    tokens.update(Path::new("a.rs"), "area = area + area;\n");
    tokens.remove(Path::new("b.rs"));
    assert_eq!([count("area", 9), count("x", 9)], [3, 0]);
    assert_eq!([others("a.rs"), others("b.rs")], [0, 3]);
}

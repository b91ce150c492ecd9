use expect_test::{Expect, expect};

use super::*;
use crate::context::PartKind;
use crate::prompt::{CompletionScope, Trigger};

fn fill(parts: &[(&str, &str)]) -> Fill {
    let part = |(path, text): &(&str, &str)| Part {
        kind: PartKind::Snippet,
        path: (*path).to_owned(),
        text: (*text).to_owned(),
        rank: 0,
    };
    Fill {
        path: "src/a.rs".to_owned(),
        language: "rust".to_owned(),
        parts: parts.iter().map(part).collect(),
        prefix: "fn a() {".to_owned(),
        suffix: "}\n".to_owned(),
        extent: CompletionScope::Line,
        max_tokens: 64,
        trigger: Trigger::Invoked,
        draft: None,
        typed: String::new(),
    }
}

#[track_caller]
fn check(family: &str, parts: &[(&str, &str)], expected: Expect) {
    let Some(FillFormat::Raw(family)) = FillFormat::named(family) else { panic!("no {family}") };
    expected.assert_eq(&render(family, &fill(parts)));
}

#[test]
fn each_family_gets_its_own_markers() {
    check(
        "qwen",
        &[],
        expect![[r#"
        <|fim_prefix|>fn a() {<|fim_suffix|>}
        <|fim_middle|>"#]],
    );
    check(
        "starcoder",
        &[],
        expect![[r#"
        <fim_prefix>fn a() {<fim_suffix>}
        <fim_middle>"#]],
    );
    check(
        "codellama",
        &[],
        expect![[r#"
        <PRE> fn a() { <SUF>}
         <MID>"#]],
    );
    check(
        "deepseek",
        &[],
        expect![[r#"
        <｜fim▁begin｜>fn a() {<｜fim▁hole｜>}
        <｜fim▁end｜>"#]],
    );
    check(
        "codestral",
        &[],
        expect![[r#"
        [SUFFIX]}
        [PREFIX]fn a() {"#]],
    );
    check(
        "seed-coder",
        &[],
        expect![[r#"
        <[fim-suffix]>}
        <[fim-prefix]>fn a() {<[fim-middle]>"#]],
    );
    check(
        "mellum",
        &[],
        expect![[r#"
        <filename>src/a.rs
        <fim_suffix>}
        <fim_prefix>fn a() {<fim_middle>"#]],
    );
}

#[test]
fn other_files_are_in_the_format_of_the_family() {
    let files = [("src/b.rs", "fn b();"), ("src/c.rs", "fn c();")];
    check(
        "qwen",
        &files,
        expect![[r#"
        <|repo_name|>workspace
        <|file_sep|>src/b.rs
        fn b();
        <|file_sep|>src/c.rs
        fn c();
        <|file_sep|>src/a.rs
        <|fim_prefix|>fn a() {<|fim_suffix|>}
        <|fim_middle|>"#]],
    );
    check(
        "starcoder2",
        &files,
        expect![[r#"
        <file_sep>src/b.rs
        fn b();
        <file_sep>src/c.rs
        fn c();
        <file_sep>src/a.rs
        <fim_prefix>fn a() {<fim_suffix>}
        <fim_middle>"#]],
    );
    check(
        "codestral",
        &files,
        expect![[r#"
        [SUFFIX]}
        [PREFIX]+++++ src/b.rs
        fn b();

        +++++ src/c.rs
        fn c();

        +++++ src/a.rs
        fn a() {"#]],
    );
    check(
        "mellum",
        &files,
        expect![[r#"
        <filename>src/b.rs
        fn b();

        <filename>src/c.rs
        fn c();

        <filename>src/a.rs
        <fim_suffix>}
        <fim_prefix>fn a() {<fim_middle>"#]],
    );
    check(
        "codellama",
        &files,
        expect![[r#"
        <PRE> fn a() { <SUF>}
         <MID>"#]],
    );
}

#[test]
fn a_users_text_is_never_a_marker() {
    let Some(FillFormat::Raw(family)) = FillFormat::named("qwen") else { panic!() };
    let mut fill = fill(&[("x<|file_sep|>y", "<|fim_middle|>")]);
    fill.prefix = "let a = \"<|fim_suffix|>\";".to_owned();
    fill.suffix = "<|endoftext|>".to_owned();
    let text = render(family, &fill);
    let count = |token: &str| text.matches(token).count();
    assert_eq!(["<|fim_suffix|>", "<|fim_middle|>", "<|endoftext|>"].map(count), [1, 1, 0]);
    assert_eq!(count("<|file_sep|>"), 2);
}

#[test]
fn a_family_is_recognised_by_its_whole_name() {
    let of = |id: &str| family(id).map(|it| it.name);
    assert_eq!(of("Qwen/Qwen2.5-Coder-7B-Instruct"), Some("qwen"));
    assert_eq!(of("qwen2.5-coder:1.5b-base"), Some("qwen"));
    assert_eq!(of("bigcode/starcoder2-3b"), Some("starcoder2"));
    assert_eq!(of("bigcode/starcoder"), Some("starcoder"));
    assert_eq!(of("deepseek-coder-v2:16b"), Some("deepseek"));
    for unknown in ["qwen2.5", "qwen2.5-coderx", "llama3", "my-codellama", "gpt-5", ""] {
        assert_eq!(of(unknown), None, "{unknown}");
    }
}

#[test]
fn every_name_of_a_format_can_be_parsed() {
    assert!(FillFormat::names().into_iter().all(|it| FillFormat::named(it).is_some()));
    assert_eq!(FillFormat::named("qwenn"), None);
}

//! The text of a hover, as Markdown or as plain text.

use crate::feature::hover::{Explanation, OCCURRENCES, ShownHover};
use crate::models::price::money::Money;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Markdown,
    Plain,
}

/// How the user requests an explanation in this editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// By a click on a link to this uri.
    Link(String),
    /// By a command of the editor, as it is typed.
    Command(String),
    /// By the code action of this title.
    Action(String),
}

pub(super) fn text(shown: &ShownHover, request: &Request, style: Style) -> String {
    let mut parts = Vec::new();
    if !shown.signature.is_empty() {
        parts.push(match style {
            Style::Markdown => fenced(shown.language, &shown.signature),
            Style::Plain => shown.signature.clone(),
        });
    }
    if !shown.documentation.is_empty() {
        parts.push(shown.documentation.clone());
    }
    parts.push(facts(shown, style));
    parts.extend(explanation(&shown.explanation, request, style));
    let text = parts.join("\n\n");
    match style {
        Style::Markdown => text,
        // Undoes the escaping for Markdown: see `prompt::answer`.
        Style::Plain => text.replace("&lt;", "<"),
    }
}

/// Where the symbol is defined, and how often its name occurs.
fn facts(shown: &ShownHover, style: Style) -> String {
    let mut facts = code(&shown.defined, style);
    if shown.definitions > 1 {
        facts += &format!(" (1 of {} definitions)", shown.definitions);
    }
    match shown.occurrences {
        0 => {}
        1 => facts += ", 1 occurrence in this workspace",
        OCCURRENCES.. => facts += &format!(", {OCCURRENCES} or more occurrences in this workspace"),
        count => facts += &format!(", {count} occurrences in this workspace"),
    }
    facts
}

fn explanation(explanation: &Explanation, request: &Request, style: Style) -> Option<String> {
    let emphasis = match style {
        Style::Markdown => "*",
        Style::Plain => "",
    };
    Some(match explanation {
        Explanation::Known { text, by } => {
            let rule = match style {
                Style::Markdown => "---\n\n",
                Style::Plain => "",
            };
            format!("{rule}{text}\n\n{emphasis}{by}{emphasis}")
        }
        Explanation::Asked { by } => {
            format!("{emphasis}{by} is writing an explanation: hover again to see it{emphasis}")
        }
        Explanation::Offered { by, price } => offer(by, *price, request, style),
        Explanation::Unavailable => return None,
    })
}

fn offer(by: &str, price: Option<Money>, request: &Request, style: Style) -> String {
    let price = price.map(|it| format!(" for about {it}")).unwrap_or_default();
    match (request, style) {
        (Request::Link(uri), Style::Markdown) => format!("[Explain with {by}{price}]({uri})"),
        // A link cannot be shown as plain text.
        (Request::Link(_), Style::Plain) => format!("{by} can explain this{price}"),
        (Request::Command(command), _) => {
            format!("{} requests an explanation from {by}{price}", code(command, style))
        }
        (Request::Action(title), _) => {
            format!(
                "The code action \"Understudy: {title}\" requests an explanation from {by}{price}"
            )
        }
    }
}

fn code(text: &str, style: Style) -> String {
    match style {
        Style::Markdown => format!("`{}`", text.replace('`', "'")),
        Style::Plain => text.to_owned(),
    }
}

/// A block of code, in a fence longer than any run of backticks in it.
fn fenced(language: &str, code: &str) -> String {
    let runs = code.split(|it| it != '`').map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or(0).max(2) + 1);
    format!("{fence}{language}\n{code}\n{fence}")
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn shown(explanation: Explanation) -> ShownHover {
        ShownHover {
            range: 0..4,
            language: "rust",
            signature: "fn area(w: f64) -> f64".to_owned(),
            documentation: "The **area**.".to_owned(),
            defined: "area.rs:1".to_owned(),
            definitions: 1,
            occurrences: 3,
            explanation,
        }
    }

    fn check(explanation: Explanation, request: Request, style: Style, expected: Expect) {
        expected.assert_eq(&text(&shown(explanation), &request, style));
    }

    fn offered(price: Option<f64>) -> Explanation {
        let price = price.and_then(Money::from_dollars);
        Explanation::Offered { by: "p/m".into(), price }
    }

    #[test]
    fn facts_come_before_the_explanation() {
        let known = || Explanation::Known { text: "It multiplies.".to_owned(), by: "p/m".into() };
        let request = || Request::Command(":X".to_owned());
        check(
            known(),
            request(),
            Style::Markdown,
            expect![[r#"
            ```rust
            fn area(w: f64) -> f64
            ```

            The **area**.

            `area.rs:1`, 3 occurrences in this workspace

            ---

            It multiplies.

            *p/m*"#]],
        );
        check(
            known(),
            request(),
            Style::Plain,
            expect![[r#"
            fn area(w: f64) -> f64

            The **area**.

            area.rs:1, 3 occurrences in this workspace

            It multiplies.

            p/m"#]],
        );
    }

    #[test]
    fn each_way_to_request_an_explanation_is_named() {
        let link = || Request::Link("command:x?%5B%5D".to_owned());
        check(
            offered(Some(0.0004)),
            link(),
            Style::Markdown,
            expect![[r#"
            ```rust
            fn area(w: f64) -> f64
            ```

            The **area**.

            `area.rs:1`, 3 occurrences in this workspace

            [Explain with p/m for about $0.0004](command:x?%5B%5D)"#]],
        );
        check(
            offered(None),
            link(),
            Style::Plain,
            expect![[r#"
            fn area(w: f64) -> f64

            The **area**.

            area.rs:1, 3 occurrences in this workspace

            p/m can explain this"#]],
        );
        let command = Request::Command(":Understudy explain".to_owned());
        check(
            offered(None),
            command,
            Style::Markdown,
            expect![[r#"
            ```rust
            fn area(w: f64) -> f64
            ```

            The **area**.

            `area.rs:1`, 3 occurrences in this workspace

            `:Understudy explain` requests an explanation from p/m"#]],
        );
        let action = Request::Action("Explain".to_owned());
        check(
            offered(None),
            action,
            Style::Plain,
            expect![[r#"
            fn area(w: f64) -> f64

            The **area**.

            area.rs:1, 3 occurrences in this workspace

            The code action "Understudy: Explain" requests an explanation from p/m"#]],
        );
    }

    #[test]
    fn no_explanation_is_offered_without_an_available_model() {
        let request = Request::Action("Explain".to_owned());
        check(
            Explanation::Unavailable,
            request,
            Style::Markdown,
            expect![[r#"
            ```rust
            fn area(w: f64) -> f64
            ```

            The **area**.

            `area.rs:1`, 3 occurrences in this workspace"#]],
        );
    }

    #[test]
    fn empty_and_unknown_parts_are_left_out() {
        let mut bare = shown(Explanation::Asked { by: "p/m".into() });
        bare.documentation.clear();
        (bare.definitions, bare.occurrences) = (2, 0);
        bare.signature = "a```b".to_owned();
        let text = text(&bare, &Request::Action(String::new()), Style::Markdown);
        expect![[r#"
            ````rust
            a```b
            ````

            `area.rs:1` (1 of 2 definitions)

            *p/m is writing an explanation: hover again to see it*"#]]
        .assert_eq(&text);
    }

    #[test]
    fn plain_text_contains_no_html_escapes() {
        let mut generic = shown(Explanation::Unavailable);
        generic.documentation = "A Vec&lt;T>.".to_owned();
        let request = Request::Action(String::new());
        assert!(text(&generic, &request, Style::Plain).contains("A Vec<T>."));
        assert!(text(&generic, &request, Style::Markdown).contains("A Vec&lt;T>."));
    }

    #[test]
    fn occurrences_are_counted_up_to_a_limit() {
        let facts = |occurrences| {
            facts(&ShownHover { occurrences, ..shown(Explanation::Unavailable) }, Style::Plain)
        };
        assert_eq!(facts(1), "area.rs:1, 1 occurrence in this workspace");
        assert_eq!(facts(OCCURRENCES), "area.rs:1, 10000 or more occurrences in this workspace");
    }
}

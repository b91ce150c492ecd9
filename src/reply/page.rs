//! An answer as a page: long lines of prose are wrapped, since some editors cut them off at the edge of the window.

use crate::reply::edit::fence;

/// Longest line, in characters.
const WIDTH: usize = 80;
/// Blanks before a line of indented code.
const CODE: usize = 4;

/// An answer with its long lines of prose wrapped, and a line end at its end.
pub fn page(answer: &str) -> String {
    let (mut page, mut open): (String, Option<&str>) = (String::new(), None);
    for line in answer.lines() {
        let mark = fence::mark(line);
        let is_prose = open.is_none() && mark.is_none();
        open = match (open, mark) {
            (None, mark) => mark,
            (Some(begun), Some(mark)) if mark.starts_with(begun) && line.trim() == mark => None,
            (open, _) => open,
        };
        match is_prose && line.chars().count() > WIDTH && may_be_wrapped(line) {
            true => wrap(&mut page, line),
            false => page += line,
        }
        page.push('\n');
    }
    page
}

/// Whether a line is neither a row of a table, a heading nor code.
fn may_be_wrapped(line: &str) -> bool {
    let text = line.trim_start_matches(' ');
    line.len() - text.len() < CODE && !text.starts_with(['|', '#', '\t'])
}

/// A line without the marks of a quotation or of a list's item.
fn unmarked(line: &str) -> &str {
    let mut text = line.trim_start();
    loop {
        let item = text.trim_start_matches(|it: char| it.is_ascii_digit());
        let item = item.strip_prefix(". ").filter(|_| item.len() < text.len());
        let marked = ["> ", "- ", "* ", "+ "].iter().find_map(|it| text.strip_prefix(it));
        match item.or(marked) {
            Some(rest) => text = rest.trim_start(),
            None => return text,
        }
    }
}

fn wrap(page: &mut String, line: &str) {
    let first = &line[..line.len() - unmarked(line).len()];
    // A quotation is marked in each line; the text of a list's item is indented.
    let head: String = first.chars().map(|it| if it == '>' { '>' } else { ' ' }).collect();
    let mut width = first.chars().count();
    *page += first;
    for (at, word) in line[first.len()..].split_whitespace().enumerate() {
        let length = word.chars().count();
        if at > 0 && width + 1 + length > WIDTH {
            *page += &format!("\n{head}");
            width = head.chars().count();
        } else if at > 0 {
            page.push(' ');
            width += 1;
        }
        *page += word;
        width += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_of_prose_are_wrapped_and_others_are_not() {
        let words = |count: usize| vec!["words"; count].join(" ");
        let long = words(20);
        let two = |first: &str, head: &str, fits: usize| {
            format!("{first}{}\n{head}{}\n", words(fits), words(20 - fits))
        };
        for (answer, expected) in [
            (String::new(), String::new()),
            ("It is the area.".to_owned(), "It is the area.\n".to_owned()),
            (long.clone(), two("", "", 13)),
            (format!("A:\n\n- {long}"), format!("A:\n\n{}", two("- ", "  ", 13))),
            (format!("12. {long}"), two("12. ", "    ", 12)),
            (format!("> {long}"), two("> ", "> ", 13)),
            (format!("**Bold**: {long}"), two("**Bold**: ", "", 11)),
        ] {
            assert_eq!(page(&answer), expected);
        }
        for kept in [
            format!("| {long} |\n"),
            format!("# {long}\n"),
            format!("    {long}\n"),
            format!("```\n{long}\n```\n"),
            format!("````\n{long}\n```\n{long}\n````\n"),
            format!("{}\n", "long".repeat(40)),
        ] {
            assert_eq!(page(&kept), kept);
        }
        let behind = format!("```rust\n{long}\n```\n");
        assert_eq!(page(&format!("{behind}{long}")), behind + &two("", "", 13));
    }
}

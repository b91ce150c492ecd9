//! Cuts a Markdown text to a size at a heading, so that no section is shown in part.

/// The beginning of `text` in at most `bytes`: whole sections, or whole lines if the first section alone is
/// longer.
pub(super) fn at_heading(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let (mut at, mut fence, mut heading, mut whole_lines) = (0, None, 0, 0);
    for line in text.split_inclusive('\n') {
        if at > bytes {
            break;
        }
        whole_lines = at;
        match (fence, fenced(line)) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, None) if is_heading(line) => heading = at,
            (_, _) => {}
        }
        at += line.len();
    }
    &text[..if heading > 0 { heading } else { whole_lines }]
}

/// The text after YAML front matter between two lines of `---`, as used in `.mdc` files.
pub(super) fn without_front_matter(text: &str) -> &str {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.split_inclusive('\n');
    if lines.next().map(str::trim_end) != Some("---") {
        return text;
    }
    let mut at = text.find('\n').map_or(text.len(), |it| it + 1);
    for line in lines {
        at += line.len();
        if line.trim_end() == "---" {
            return &text[at..];
        }
    }
    text
}

fn is_heading(line: &str) -> bool {
    let behind = line.trim_start_matches('#');
    (1..=6).contains(&(line.len() - behind.len())) && behind.starts_with([' ', '\t', '\n', '\r'])
}

/// The fence character, if the line is a code fence.
fn fenced(line: &str) -> Option<char> {
    let line = line.trim_start();
    ['`', '~'].into_iter().find(|it| line.starts_with(&it.to_string().repeat(3)))
}

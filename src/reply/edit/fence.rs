//! Fenced code.

use std::path::Path;

use crate::reply::edit::unusable::Unusable;
use crate::syntax::language::Language;

/// Fences with commands or output instead of the code of a document.
const ASIDES: [&str; 14] = [
    "bat",
    "batch",
    "cmd",
    "console",
    "fish",
    "output",
    "plaintext",
    "powershell",
    "ps1",
    "pwsh",
    "shell",
    "terminal",
    "text",
    "txt",
];
/// Languages that models use each other's names for.
const FAMILIES: [&[&str]; 3] =
    [&["c", "cpp"], &["javascript", "tsx", "typescript"], &["ocaml", "ocaml-interface"]];

/// A piece of fenced code. The first `Fit` is the best.
pub(super) struct Piece {
    pub(super) fit: Fit,
    pub(super) code: String,
}

/// How well the name of a fence fits the language of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    Same,
    Unnamed,
    Other,
    Aside,
}

/// The mark of a fence and the text after it.
#[derive(Clone, Copy)]
struct Opening<'a> {
    mark: &'a str,
    info: &'a str,
}

/// The mark at the start of a line, such as three backticks.
pub(in crate::reply) fn mark(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let first = line.chars().next().filter(|it| matches!(it, '`' | '~'))?;
    let mark = &line[..line.len() - line.trim_start_matches(first).len()];
    (mark.len() >= 3).then_some(mark)
}

/// The fence that a line opens or closes.
fn fence(line: &str) -> Option<Opening<'_>> {
    // More than three leading spaces start an indented code block (CommonMark 0.31, 4.5).
    let blanks = line.len() - line.trim_start_matches(' ').len();
    let line = line[blanks..].trim_end();
    let mark = mark(line).filter(|it| blanks <= 3 && line.starts_with(it))?;
    let info = line[mark.len()..].trim();
    (!info.contains(&mark[..1])).then_some(Opening { mark, info })
}

/// Whether a fence can begin below a line. Tildes below a text underline a title of reStructuredText.
fn opens(opening: Opening<'_>, above: &str) -> bool {
    let above = above.trim_end();
    opening.mark.starts_with('`')
        || !opening.info.is_empty()
        || above.is_empty()
        || above.ends_with([':', '>'])
}

/// The pieces of code in `answer` about a document of a language. A fence within a fence is part of its code.
pub(super) fn pieces(answer: &str, language: &str) -> Result<Vec<Piece>, Unusable> {
    let (mut found, mut code, mut above) = (Vec::new(), String::new(), "");
    let mut open: Vec<Opening<'_>> = Vec::new();
    for line in answer.split_inclusive('\n') {
        let it = fence(line);
        match (it, open.last().copied()) {
            (Some(it), None) if opens(it, above) => open.push(it),
            (Some(it), Some(last)) if it.mark[..1] == last.mark[..1] && !it.info.is_empty() => {
                open.push(it);
                code.push_str(line);
            }
            (Some(it), Some(last)) if it.mark.starts_with(last.mark) && it.info.is_empty() => {
                open.pop();
                match open.is_empty() {
                    true => found.push(Piece {
                        fit: Fit::of(last.info, language),
                        code: std::mem::take(&mut code),
                    }),
                    false => code.push_str(line),
                }
            }
            (_, Some(_)) => code.push_str(line),
            (_, None) => {}
        }
        above = line;
    }
    if open.is_empty() { Ok(found) } else { Err(Unusable::Half) }
}

/// Where the code of the first fence with code of a language begins and the mark of the fence, while that is open.
pub(in crate::reply) fn begun<'a>(answer: &'a str, language: &str) -> Option<(usize, &'a str)> {
    let (mut at, mut begun, mut above) = (0, None, "");
    for line in answer.split_inclusive('\n') {
        at += line.len();
        match (begun, fence(line)) {
            (None, Some(it)) if opens(it, above) => begun = Some((at, it)),
            (Some((_, open)), _) if line.trim() == open.mark => {
                match Fit::of(open.info, language) {
                    Fit::Aside => begun = None,
                    Fit::Same | Fit::Unnamed | Fit::Other => return None,
                }
            }
            (_, _) => {}
        }
        above = line;
    }
    begun.map(|(at, it)| (at, it.mark))
}

/// The single distinct piece of code among those that fit best. Equal pieces count once.
pub(super) fn only(mut pieces: Vec<Piece>) -> Result<String, Unusable> {
    let best = pieces.iter().map(|it| it.fit).min();
    pieces.retain(|it| Some(it.fit) == best);
    let count = pieces.len();
    pieces.dedup_by(|it, other| it.code.trim_end() == other.code.trim_end());
    match pieces.len() {
        0 => Err(Unusable::Prose),
        1 => Ok(pieces.remove(0).code),
        _ => Err(Unusable::Several(count)),
    }
}

impl Fit {
    fn of(info: &str, language: &str) -> Self {
        let is_part = |it: char| !it.is_alphanumeric() && !"_-+#.".contains(it);
        let name = info.trim_start_matches(['{', '.']).split(is_part).next().unwrap_or_default();
        let name = name.to_lowercase();
        let path = format!("a.{name}");
        let named = Language::detect(&name, Some(Path::new(&path)), &format!("#!{name}"));
        let named = named.map(Language::name);
        let is_alike = |it: &str| {
            it == language
                || FAMILIES.iter().any(|all| all.contains(&it) && all.contains(&language))
        };
        match named {
            _ if !name.is_empty() && name == language => Self::Same,
            Some(it) if is_alike(it) => Self::Same,
            Some("bash") => Self::Aside,
            Some(_) => Self::Other,
            None if ASIDES.contains(&&*name) => Self::Aside,
            None => Self::Unnamed,
        }
    }
}

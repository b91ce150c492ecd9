//! Prompts for the next edit of other programs, parsed back, so that any model or none can answer them; and
//! the answer in the format that the program expects.

use std::ops::Range;

use crate::context::{Part, PartKind};
use crate::prompt::edit::{EditPrompt, EditWindow, PastEdit};
use crate::provider::next_edit::mercury::ended;
use crate::provider::next_edit::{EditFormat, diff, markers, mercury, sweep, zeta};

/// Text that occurs only in prompts for the next edit, in formats that are parsed and in others.
const MARKS: [&str; 6] = [
    zeta::CURSOR,
    "<|user_cursor_is_here|>",
    "<|editable_region_start|>",
    mercury::WINDOW[0],
    "<<<<<<< CURRENT",
    "<|marker_1|>",
];
/// Before the windows of Sweep's prompts.
const WINDOWS: [&str; 3] =
    ["<|file_sep|>original/", "<|file_sep|>current/", "<|file_sep|>updated/"];
/// Before the texts of an edit in Sweep's prompts.
const ORIGINAL: &str = "original:\n";
const UPDATED: &str = "updated:\n";

/// A prompt of another program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignEdit {
    pub format: EditFormat,
    pub prompt: EditPrompt,
    /// Offsets of the numbered markers in the window.
    offsets: Vec<usize>,
    /// The start of the answer, which the prompt contains.
    begun: String,
}

/// Whether a prompt requests the next edit instead of the text of a hole.
pub fn is_next_edit(prompt: &str) -> bool {
    let updated = prompt.contains(WINDOWS[2]) || prompt.contains(WINDOWS[0]);
    updated || MARKS.iter().any(|it| prompt.contains(it))
}

/// Parses a prompt; `None` if it is in none of the formats.
pub fn parse(prompt: &str) -> Option<ForeignEdit> {
    mercury(prompt).or_else(|| zeta(prompt)).or_else(|| sweep(prompt))
}

impl ForeignEdit {
    /// The reply that gives the window the text `new`.
    pub fn write(&self, new: &str) -> String {
        match self.format {
            EditFormat::Mercury => mercury::write(new),
            EditFormat::Zeta21 => markers::written(&self.prompt.window.text, new, &self.offsets),
            EditFormat::Zeta2 | EditFormat::Sweep | EditFormat::Chat => {
                new.strip_prefix(&*self.begun).unwrap_or(self.unchanged_rest()).to_owned()
            }
        }
    }

    /// Whether the prompt leaves the answer free to give the window the text `new`.
    pub fn allows(&self, new: &str) -> bool {
        new.starts_with(&*self.begun)
    }

    /// The reply without an edit: the window as it is. Not every program accepts an empty reply.
    pub fn unchanged(&self) -> String {
        self.write(&self.prompt.window.text)
    }

    fn unchanged_rest(&self) -> &str {
        self.prompt.window.text.strip_prefix(&*self.begun).unwrap_or_default()
    }
}

/// The text between two tags, each with the line end behind it.
fn between<'a>(text: &'a str, [open, close]: [&str; 2]) -> Option<&'a str> {
    let inside = text.split_once(open)?.1;
    let inside = inside.split_once(close).map_or(inside, |it| it.0);
    Some(inside.strip_prefix('\n').unwrap_or(inside))
}

/// A window without the marker of the cursor, which is elsewhere or absent in some prompts.
fn window(text: &str, mark: &str, fallback: impl FnOnce(&str) -> usize) -> EditWindow {
    let (text, cursor) = match text.split_once(mark) {
        Some((head, tail)) => ([head, tail].concat(), head.len()),
        None => (text.to_owned(), fallback(text)),
    };
    EditWindow { earlier: text.clone(), text, cursor }
}

fn snippet(path: &str, text: &str) -> Part {
    Part { kind: PartKind::Snippet, path: path.trim().to_owned(), text: text.to_owned(), rank: 1 }
}

fn mercury(prompt: &str) -> Option<ForeignEdit> {
    let file = between(prompt, mercury::FILE)?;
    let (before, rest) = file.split_once(mercury::WINDOW[0])?;
    let (inside, after) = rest.split_once(mercury::WINDOW[1])?;
    let [inside, after] = [inside, after].map(|it| it.strip_prefix('\n').unwrap_or(it));
    let (path, before) = match before.strip_prefix(mercury::PATH) {
        Some(named) => named.split_once('\n').unwrap_or((named, "")),
        None => ("", before),
    };
    let snippets = between(prompt, mercury::SNIPPETS).unwrap_or_default();
    let parts = snippets.split(mercury::SNIPPET[0]).skip(1).filter_map(|it| {
        let it = it.split(mercury::SNIPPET[1]).next()?.trim_start_matches('\n');
        let (path, text) = it.strip_prefix(mercury::SNIPPET_PATH)?.split_once('\n')?;
        Some(snippet(path, text))
    });
    let prompt = EditPrompt {
        path: path.trim().to_owned(),
        parts: parts.collect(),
        history: diff::parse(between(prompt, mercury::HISTORY).unwrap_or_default()),
        before: before.to_owned(),
        after: after.to_owned(),
        window: window(inside, mercury::CURSOR, str::len),
        ..EditPrompt::default()
    };
    Some(foreign(EditFormat::Mercury, prompt))
}

fn foreign(format: EditFormat, mut prompt: EditPrompt) -> ForeignEdit {
    let EditWindow { text, cursor, .. } = &mut prompt.window;
    let is_alone = text[*cursor..] == *"\n" && (*cursor == 0 || text[..*cursor].ends_with('\n'));
    // The cursor is on the empty last line of the file, and the program has ended that line.
    if is_alone && prompt.after.trim().is_empty() && format != EditFormat::Sweep {
        text.pop();
    }
    ForeignEdit { format, prompt, offsets: Vec::new(), begun: String::new() }
}

fn zeta(prompt: &str) -> Option<ForeignEdit> {
    let (after, body) = prompt.split_once(zeta::SUFFIX)?.1.split_once(zeta::PREFIX)?;
    // A line end is added to an empty text.
    let after = if after == "\n" { "" } else { after };
    let (body, begun) = body.rsplit_once(zeta::MIDDLE)?;
    let tags = markers::tags(body);
    let start = match tags.first() {
        Some((_, range)) => range.start,
        None => body.rfind(zeta::CURRENT)?,
    };
    let file = body[..start].rfind(zeta::FILE)?;
    let (path, before) = body[file + zeta::FILE.len()..start].split_once('\n')?;
    let (parts, history) = zeta_files(&body[..file]);
    let mut prompt = EditPrompt {
        path: path.trim().to_owned(),
        parts,
        history,
        before: before.to_owned(),
        after: after.to_owned(),
        ..EditPrompt::default()
    };
    match tags.is_empty() {
        true => {
            let inside = body[start + zeta::CURRENT.len()..].strip_suffix(zeta::SEPARATOR)?;
            prompt.window = window(inside, zeta::CURSOR, str::len);
            let begun = begun.to_owned();
            Some(ForeignEdit { begun, ..foreign(EditFormat::Zeta2, prompt) })
        }
        false if begun.is_empty() && tags.len() > 1 => {
            let offsets = regions(body, &tags, &mut prompt.window);
            Some(ForeignEdit { offsets, ..foreign(EditFormat::Zeta21, prompt) })
        }
        false => None,
    }
}

/// The window between numbered markers, and the offsets of the markers in it.
fn regions(body: &str, tags: &[(usize, Range<usize>)], into: &mut EditWindow) -> Vec<usize> {
    let (mut text, mut cursor, mut offsets) = (String::new(), None, vec![0]);
    for pair in tags.windows(2) {
        let block = &body[pair[0].1.end..pair[1].1.start];
        match block.split_once(zeta::CURSOR) {
            Some((head, tail)) => {
                cursor = Some(text.len() + head.len());
                text.extend([head, tail]);
            }
            None => text += block,
        }
        offsets.push(text.len());
    }
    let cursor = cursor.unwrap_or(text.len());
    *into = EditWindow { earlier: text.clone(), text, cursor };
    offsets
}

/// The files before the document, and the edits among them.
fn zeta_files(text: &str) -> (Vec<Part>, Vec<PastEdit>) {
    let (mut parts, mut history) = (Vec::new(), Vec::new());
    for file in text.split(zeta::FILE).skip(1) {
        let (path, text) = file.split_once('\n').unwrap_or((file, ""));
        match path.trim() == zeta::HISTORY {
            true => history = diff::parse(text),
            false => parts.push(snippet(path, text)),
        }
    }
    (parts, history)
}

fn sweep(prompt: &str) -> Option<ForeignEdit> {
    let (head, rest) = prompt.split_once(WINDOWS[0])?;
    let (original, rest) = rest.split_once(WINDOWS[1])?;
    let (current, updated) = rest.split_once(WINDOWS[2])?;
    let (path, earlier) = original.split_once('\n')?;
    let (_, current) = current.split_once('\n')?;
    let begun = updated.split_once('\n').map_or("", |it| it.1);
    let path = without_lines(path.trim());
    let mut window = window(current, sweep::CURSOR, |text| edited_end(earlier, text));
    window.earlier = earlier.to_owned();
    let mut prompt = EditPrompt { path: path.to_owned(), window, ..EditPrompt::default() };
    for file in head.split(sweep::FILE).skip(1) {
        let (name, text) = file.split_once('\n').unwrap_or((file, ""));
        sweep_file(&mut prompt, name.trim(), text);
    }
    Some(ForeignEdit { begun: begun.to_owned(), ..foreign(EditFormat::Sweep, prompt) })
}

/// A file of a Sweep prompt: an edit, the document itself, or another file.
fn sweep_file(prompt: &mut EditPrompt, name: &str, text: &str) {
    let edit = name.strip_suffix(".diff").zip(text.split_once(ORIGINAL));
    if let Some((path, (_, texts))) = edit
        && let Some((old, new)) = texts.split_once(UPDATED)
    {
        let [old, new] = [old, new].map(ended);
        return prompt.history.push(PastEdit { path: path.to_owned(), line: 0, old, new });
    }
    if without_lines(name) != prompt.path {
        return prompt.parts.push(snippet(name, text));
    }
    if let Some((before, after)) = text.split_once(&*prompt.window.text) {
        (prompt.before, prompt.after) = (before.to_owned(), after.to_owned());
    }
}

/// A path without the line numbers behind it: `a.rs` for `a.rs:10:30`.
fn without_lines(path: &str) -> &str {
    let name = path.trim_end_matches(|it: char| it.is_ascii_digit() || it == ':');
    if path[name.len()..].starts_with(':') { name } else { path }
}

/// The end of the text that differs between two versions of a window, or of the line in its middle.
fn edited_end(old: &str, new: &str) -> usize {
    let same = |it: &(char, char)| it.0 == it.1;
    let head =
        old.chars().zip(new.chars()).take_while(same).map(|it| it.0.len_utf8()).sum::<usize>();
    if old == new {
        let middle = new.split_inclusive('\n').count().div_ceil(2);
        let lines: usize = new.split_inclusive('\n').take(middle).map(str::len).sum();
        return lines - usize::from(new[..lines].ends_with('\n'));
    }
    let (old, rest) = (&old[head..], &new[head..]);
    let ends = old.chars().rev().zip(rest.chars().rev()).take_while(same);
    new.len() - ends.map(|it| it.0.len_utf8()).sum::<usize>()
}

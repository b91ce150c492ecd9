//! The cells of a notebook as one text: the earlier cells, the current one, the later ones.
//!
//! Editors open each cell as a separate document, but a cell uses definitions from the others.

use std::cmp::Ordering;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use ropey::Rope;

use crate::syntax::language::Language;

/// Bytes of other cells on each side. Cells further away are left out.
const LIMIT: usize = 32 << 10;
/// Lines of a markup cell or a cell in another language.
const LINES: usize = 8;
/// The separator between two cells.
const GAP: &str = "\n\n";

/// The cells of one notebook, in order. Clones share the state.
#[derive(Clone, Debug, Default)]
pub struct Notebook(Arc<Mutex<Cells>>);

#[derive(Debug, Default)]
struct Cells {
    cells: Vec<NotebookCell>,
    /// The editor sent the order of the cells; otherwise they are ordered by name.
    is_ordered: bool,
}

/// The text is empty until the document of the cell is opened.
#[derive(Clone, Debug)]
pub struct NotebookCell {
    /// The key of its document.
    pub key: Arc<str>,
    pub kind: CellKind,
    /// A name from the language table; empty until the document is opened.
    pub language: Arc<str>,
    pub rope: Rope,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    Code,
    /// Text that is displayed.
    Markup,
}

/// The text of all cells; the text of the current document starts at byte `start`.
#[derive(Clone, Debug)]
pub struct WholeText {
    pub rope: Rope,
    pub start: usize,
}

impl Notebook {
    /// A notebook whose editor sends the order of the cells.
    pub fn ordered(cells: Vec<NotebookCell>) -> Self {
        Self(Arc::new(Mutex::new(Cells { cells, is_ordered: true })))
    }

    /// Replaces `count` cells from `start`, both limited to the existing cells.
    pub fn splice(&self, start: usize, count: usize, new: Vec<NotebookCell>) {
        let mut held = self.lock();
        let start = start.min(held.cells.len());
        let end = (start + count).min(held.cells.len());
        held.cells.splice(start..end, new);
    }

    pub fn set_kind(&self, key: &str, kind: CellKind) {
        if let Some(cell) = self.lock().find(key) {
            cell.kind = kind;
        }
    }

    /// Sets the text of a cell whose document was opened or changed.
    pub fn put(&self, key: &Arc<str>, language: &str, rope: &Rope) {
        let mut held = self.lock();
        if let Some(cell) = held.find(key) {
            (cell.language, cell.rope) = (language.into(), rope.clone());
            return;
        }
        let kind = if language == "markdown" { CellKind::Markup } else { CellKind::Code };
        let cell = NotebookCell {
            key: Arc::clone(key),
            kind,
            language: language.into(),
            rope: rope.clone(),
        };
        let at = match held.is_ordered {
            true => held.cells.len(),
            false => held.cells.partition_point(|it| by_name(&it.key, key) == Ordering::Less),
        };
        held.cells.insert(at, cell);
    }

    /// Removes the text of a cell whose document was closed. Removes the cell itself unless the editor sends
    /// the list of cells.
    pub fn remove(&self, key: &str) {
        let mut held = self.lock();
        match held.is_ordered {
            true => held.find(key).into_iter().for_each(|it| it.rope = Rope::new()),
            false => held.cells.retain(|it| &*it.key != key),
        }
    }

    /// Whether there are no cells and the editor does not send the list.
    pub fn is_empty(&self) -> bool {
        let held = self.lock();
        held.cells.is_empty() && !held.is_ordered
    }

    pub fn holds(&self, key: &str) -> bool {
        self.lock().find(key).is_some()
    }

    /// The keys of the other code cells in the language of a cell.
    pub fn others(&self, key: &str) -> Vec<Arc<str>> {
        let mut held = self.lock();
        let Some(own) = held.find(key).map(|it| Arc::clone(&it.language)) else {
            return Vec::new();
        };
        let others = held.cells.iter().filter(|it| &*it.key != key && it.is_code(&own));
        others.map(|it| Arc::clone(&it.key)).collect()
    }

    /// The text of all cells around the cell `key`, whose text is `rope`.
    pub fn whole(&self, key: &str, language: &str, rope: &Rope) -> WholeText {
        let held = self.lock();
        let own = held.cells.iter().position(|it| &*it.key == key);
        let Some(own) = own else { return WholeText { rope: rope.clone(), start: 0 } };
        let kind = held.cells[own].kind;
        let shown = |it: &NotebookCell| it.shown(kind, language).filter(|it| it.len_bytes() > 0);
        let (mut before, mut size) = (Vec::new(), 0);
        for text in held.cells[..own].iter().rev().filter_map(shown) {
            size += text.len_bytes();
            if size > LIMIT {
                break;
            }
            before.push(text);
        }
        let mut whole = Rope::new();
        for text in before.into_iter().rev() {
            whole.append(text);
            whole.append(Rope::from_str(GAP));
        }
        let start = whole.len_bytes();
        whole.append(rope.clone());
        let ends = rope.len_chars() > 0 && rope.char(rope.len_chars() - 1) == '\n';
        // An unfinished last line must not run into the next cell.
        let mut gap = if ends { "\n" } else { GAP };
        let mut size = 0;
        for text in held.cells[own + 1..].iter().filter_map(shown) {
            size += text.len_bytes();
            if size > LIMIT {
                break;
            }
            whole.append(Rope::from_str(gap));
            whole.append(text);
            gap = GAP;
        }
        WholeText { rope: whole, start }
    }

    fn lock(&self) -> MutexGuard<'_, Cells> {
        self.0.lock()
    }
}

impl Cells {
    fn find(&mut self, key: &str) -> Option<&mut NotebookCell> {
        self.cells.iter_mut().find(|it| &*it.key == key)
    }
}

impl NotebookCell {
    fn is_code(&self, language: &str) -> bool {
        match self.kind {
            CellKind::Markup => false,
            CellKind::Code => &*self.language == language,
        }
    }

    /// The text of the cell next to one of the given kind and language: unchanged if both are equal, else its
    /// first lines as a comment; `None` if the language has no line comments.
    fn shown(&self, kind: CellKind, language: &str) -> Option<Rope> {
        let end = self.rope.len_chars();
        let blanks = self.rope.chars_at(end).reversed().take_while(|it| it.is_whitespace()).count();
        let text = self.rope.slice(..end - blanks);
        if self.kind == kind && &*self.language == language {
            return Some(Rope::from(text));
        }
        let comment = Language::named(language)?.line_comment()?;
        let lines = text.lines().map(|it| it.to_string()).filter(|it| !it.trim().is_empty());
        let lines = lines.take(LINES).map(|it| format!("{comment} {}", it.trim_end()));
        Some(Rope::from_str(&lines.collect::<Vec<_>>().join("\n")))
    }
}

/// The name of a cell's notebook: the URI without the fragment. `None` for other documents.
pub fn name(key: &str) -> Option<&str> {
    let (name, fragment) = key.split_once('#')?;
    (!name.is_empty() && !fragment.is_empty()).then_some(name)
}

/// Compares names; numbers in them are compared by value.
fn by_name(one: &str, other: &str) -> Ordering {
    let [mut one, mut other] = [one, other].map(|it| it.split_once('#').map_or(it, |it| it.1));
    loop {
        let [a, b] = [one, other].map(number);
        match (a, b) {
            (Some((a, behind)), Some((b, beyond)))
                if a != b || (behind.is_empty() && beyond.is_empty()) =>
            {
                return a.cmp(&b).then_with(|| behind.cmp(beyond));
            }
            (Some((_, behind)), Some((_, beyond))) => (one, other) = (behind, beyond),
            (_, _) => {
                let (mut left, mut right) = (one.chars(), other.chars());
                match (left.next(), right.next()) {
                    (Some(a), Some(b)) if a == b => (one, other) = (left.as_str(), right.as_str()),
                    (a, b) => return a.cmp(&b),
                }
            }
        }
    }
}

/// The number at the start of a text, and the rest.
fn number(text: &str) -> Option<(u64, &str)> {
    let digits = text.len() - text.trim_start_matches(|it: char| it.is_ascii_digit()).len();
    Some((text[..digits].parse().ok()?, &text[digits..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notebook(cells: &[(&str, &str, &str)]) -> Notebook {
        let notebook = Notebook::default();
        for (key, language, text) in cells {
            notebook.put(&Arc::from(*key), language, &Rope::from_str(text));
        }
        notebook
    }

    fn seen(notebook: &Notebook, key: &str, text: &str) -> String {
        let whole = notebook.whole(key, "python", &Rope::from_str(text));
        let mut seen = whole.rope.to_string();
        seen.insert(whole.start, '|');
        seen
    }

    #[test]
    fn cells_are_ordered_by_name() {
        for names in [
            ["W0sZmlsZQ==", "W1sZmlsZQ==", "W6sZmlsZQ==", "X10sZmlsZQ==", "Y100sZmlsZQ=="],
            ["ch0000001", "ch0000002", "ch0000009", "ch0000010", "ch0000100"],
            ["1", "2", "9", "10", "100"],
        ] {
            let keys = names.map(|it| format!("vscode-notebook-cell:/a.ipynb#{it}"));
            let cells: Vec<_> =
                [3, 0, 4, 2, 1].iter().map(|it| (&*keys[*it], "python", names[*it])).collect();
            let expected = names.join("\n\n").replacen(names[2], "|x", 1);
            assert_eq!(seen(&notebook(&cells), &keys[2], "x"), expected);
        }
    }

    #[test]
    fn markup_and_other_languages_become_comments() {
        let cells = [
            ("a#1", "markdown", "# Load\n\nAll *rows*.\n"),
            ("a#2", "python", "load()\n\n"),
            ("a#3", "python", ""),
            ("a#4", "sql", "select 1"),
            ("a#5", "python", "  "),
            ("a#6", "python", "done()"),
        ];
        let expected = "# # Load\n# All *rows*.\n\nload()\n\n|x\n\n# select 1\n\ndone()";
        assert_eq!(seen(&notebook(&cells), "a#3", "x"), expected);
        assert_eq!(seen(&notebook(&cells), "a#6", "x\n").rsplit_once("\n\n").unwrap().1, "|x\n");
    }

    #[test]
    fn the_order_sent_by_the_editor_takes_precedence() {
        let cell = |key: &str| NotebookCell {
            key: key.into(),
            kind: CellKind::Code,
            language: Arc::default(),
            rope: Rope::new(),
        };
        let notebook = Notebook::ordered(vec![cell("a#2"), cell("a#1")]);
        for key in ["a#1", "a#2"] {
            notebook.put(&Arc::from(key), "python", &Rope::from_str(key));
        }
        assert_eq!(seen(&notebook, "a#1", "x"), "a#2\n\n|x");
        notebook.splice(2, 0, vec![cell("a#3")]);
        notebook.put(&Arc::from("a#3"), "python", &Rope::from_str("3"));
        notebook.splice(0, 1, Vec::new());
        assert_eq!(seen(&notebook, "a#1", "x"), "|x\n\n3");
        notebook.set_kind("a#3", CellKind::Markup);
        assert_eq!(seen(&notebook, "a#1", "x"), "|x\n\n# 3");
    }
}

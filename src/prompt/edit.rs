//! The prompt for the next edit: the lines around the cursor that a model may rewrite, the text around them,
//! and the last edits.

use crate::context::Part;
use crate::context::mask::Mask;

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct EditPrompt {
    /// Path of the document relative to the workspace root, with `/`.
    pub path: String,
    /// The name from the language table, or the editor's language identifier.
    pub language: String,
    /// Code from other files, most stable first.
    pub parts: Vec<Part>,
    /// Edits in this document and in others, oldest first.
    pub history: Vec<PastEdit>,
    /// Whole lines before and after the window.
    pub before: String,
    pub after: String,
    pub window: EditWindow,
    /// Limit for the reply, in tokens.
    pub max_tokens: u32,
}

/// The lines that a model may rewrite. Line ends are line feeds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct EditWindow {
    /// Whole lines.
    pub text: String,
    /// The cursor, in bytes.
    pub cursor: usize,
    /// The same lines before the last edit.
    pub earlier: String,
}

/// An edit that the user made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PastEdit {
    pub path: String,
    /// Number of its first line, from 1.
    pub line: usize,
    /// Whole lines before and after the edit.
    pub old: String,
    pub new: String,
}

impl EditWindow {
    /// The text before and after the cursor.
    pub fn sides(&self) -> (&str, &str) {
        self.text.split_at(self.text.floor_char_boundary(self.cursor))
    }

    /// The text with a marker at the cursor.
    pub fn marked(&self, marker: &str) -> String {
        let (before, after) = self.sides();
        [before, marker, after].concat()
    }
}

impl EditPrompt {
    pub(super) fn bytes(&self) -> usize {
        self.least_bytes() + self.before.len() + self.after.len() + parts(self) + history(self)
    }

    pub(super) fn least_bytes(&self) -> usize {
        self.window.text.len() + self.window.earlier.len()
    }

    /// Replaces secrets in the texts. The caller checks that none crosses the window's ends.
    pub(super) fn mask(&mut self, mask: &mut Mask) {
        super::mask_parts(&mut self.parts, mask);
        for edit in &mut self.history {
            super::mask_text(&mut edit.old, mask);
            super::mask_text(&mut edit.new, mask);
        }
        super::mask_text(&mut self.window.earlier, mask);
        let (head, tail) = self.window.sides();
        let masked = mask.mask_pieces(&[&self.before, head, tail, &self.after]);
        if let Some(Ok([before, head, tail, after])) = masked.map(<[String; 4]>::try_from) {
            (self.before, self.after) = (before, after);
            self.window.cursor = head.len();
            self.window.text = head + &tail;
        }
    }

    /// The prompt in at most `bytes`: removes other files, the oldest edits, then the text far from the
    /// window. The window itself is kept.
    #[must_use]
    pub fn trimmed(&self, bytes: usize) -> Self {
        let mut prompt = self.clone();
        let room = bytes.saturating_sub(prompt.bytes() - parts(&prompt));
        super::trim::drop_lowest(&mut prompt.parts, room);
        while prompt.bytes() > bytes && !prompt.history.is_empty() {
            prompt.history.remove(0);
        }
        let room = bytes.saturating_sub(prompt.least_bytes()) / 2;
        if prompt.bytes() > bytes {
            prompt.shrink(room);
        }
        prompt
    }

    /// Limits the other files to this many bytes: those with the lowest ranks are removed.
    pub fn limit_parts(&mut self, bytes: usize) {
        super::trim::drop_lowest(&mut self.parts, bytes);
    }

    /// Limits the text before and after the window to this many bytes each, in whole lines.
    pub fn shrink(&mut self, bytes: usize) {
        self.before.drain(..super::trim::tail(&self.before, bytes));
        self.after.truncate(super::trim::head(&self.after, bytes));
    }
}

fn parts(prompt: &EditPrompt) -> usize {
    prompt.parts.iter().map(|it| it.path.len() + it.text.len()).sum()
}

fn history(prompt: &EditPrompt) -> usize {
    prompt.history.iter().map(|it| it.path.len() + it.old.len() + it.new.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::PartKind;
    use crate::prompt::Prompt;

    fn prompt() -> EditPrompt {
        let part = |rank, text: &str| Part {
            kind: PartKind::Snippet,
            path: "b.rs".to_owned(),
            text: text.to_owned(),
            rank,
        };
        let edit = |new: &str| PastEdit {
            path: "a.rs".to_owned(),
            line: 1,
            old: "x\n".to_owned(),
            new: new.to_owned(),
        };
        EditPrompt {
            path: "a.rs".to_owned(),
            parts: vec![part(1, "one\n"), part(2, "two\n")],
            history: vec![edit("first\n"), edit("last\n")],
            before: "a\nb\n".to_owned(),
            after: "d\ne\n".to_owned(),
            window: EditWindow { text: "c\n".to_owned(), cursor: 1, earlier: "x\n".to_owned() },
            ..EditPrompt::default()
        }
    }

    #[test]
    fn other_files_go_first_and_the_window_stays() {
        let check = |bytes, parts: &[&str], history: &[&str], before: &str, after: &str| {
            let prompt = prompt().trimmed(bytes);
            let texts: Vec<&str> = prompt.parts.iter().map(|it| &*it.text).collect();
            let edits: Vec<&str> = prompt.history.iter().map(|it| &*it.new).collect();
            assert_eq!((&texts[..], &edits[..]), (parts, history), "{bytes}");
            assert_eq!((&*prompt.before, &*prompt.after), (before, after), "{bytes}");
            assert_eq!(prompt.window, self::prompt().window);
        };
        let (old, new) = ("first\n", "last\n");
        check(99, &["one\n", "two\n"], &[old, new], "a\nb\n", "d\ne\n");
        check(48, &["two\n"], &[old, new], "a\nb\n", "d\ne\n");
        check(37, &[], &[old, new], "a\nb\n", "d\ne\n");
        check(24, &[], &[new], "a\nb\n", "d\ne\n");
        check(9, &[], &[], "", "d\n");
        check(0, &[], &[], "", "");
    }

    #[test]
    fn secrets_are_masked_and_the_cursor_stays_in_its_place() {
        let secret = ["ghp_", "16C7e42F292c6912E7710c838347Ae178B4a"].concat();
        let mut edit = prompt();
        edit.before = format!("a = \"{secret}\"\n");
        edit.window.text = format!("b = \"{secret}\"\nc = 1\n");
        edit.window.cursor = edit.window.text.len() - 1;
        edit.history[0].new = format!("key = {secret}\n");
        let mut prompt = Prompt::Edit(edit);
        prompt.mask(&mut Mask::new());
        let Prompt::Edit(edit) = prompt else { unreachable!("it is an edit") };
        assert_eq!(edit.before, "a = \"MASKED_SECRET_1\"\n");
        assert_eq!(edit.window.marked("|"), "b = \"MASKED_SECRET_1\"\nc = 1|\n");
        assert_eq!(edit.history[0].new, "key = MASKED_SECRET_1\n");
    }
}

//! Next edits for programs that send the lines around the cursor and the last edits. A call ends with its
//! request.

use std::cmp::Reverse;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use tokio::task::spawn_blocking;

use crate::feature::Engine;
use crate::feature::completion::external::{Insertion, TemporaryDocument};
use crate::feature::document::Place;
use crate::feature::next_edit::predictor::changes::EditedDocument;
use crate::feature::next_edit::predictor::reply::Answer;
use crate::feature::next_edit::predictor::{reply, window};
use crate::feature::next_edit::{NextEditTrigger, SearchScope, may_show, replay};
use crate::prompt::edit::{EditPrompt, EditWindow};
use crate::prompt::fill::ExternalHole;

/// The source of an edit that needs no model.
const HISTORY: &str = "history";
/// Most bytes of a window, of the text before and after it, and of other files.
const WINDOW: usize = 8 << 10;
const AROUND: usize = 2 << 10;
const FILES: usize = 3 << 10;

/// The new text of a window, and the model that it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedWindow {
    pub text: String,
    pub by: Arc<str>,
}

/// What the models for next edits have answered.
enum Suggestion {
    Edit(EditedWindow),
    Nothing,
    /// None may be asked.
    NoModel,
}

impl Engine {
    /// The window of a prompt with the next edit. If the last edits suggest none and no model for next edits
    /// may be asked, the window with a completion at the cursor. Dropping the future ends the call.
    ///
    /// # Errors
    ///
    /// Why there is no edit, as the rest of a sentence.
    pub async fn edit_window(&self, prompt: &EditPrompt) -> Result<EditedWindow, String> {
        if let Some(plain) = with_line_feeds(prompt) {
            let edited = self.edit_lines(&plain).await?;
            return Ok(EditedWindow { text: edited.text.replace('\n', "\r\n"), ..edited });
        }
        self.edit_lines(prompt).await
    }

    async fn edit_lines(&self, prompt: &EditPrompt) -> Result<EditedWindow, String> {
        let text = [&*prompt.before, &prompt.window.text, &prompt.after].concat();
        let cursor = prompt.before.len() + prompt.window.cursor;
        let path = Some(&*prompt.path).filter(|it| !it.is_empty());
        let temporary = TemporaryDocument::new(&self.core.shared.trees, path, &text, cursor);
        let place = &temporary.place;
        let is_eligible = self.core.shared.pauses.any().is_none()
            && self.core.options_of(&place.open).next_edit.on
            && may_show(&self.core, &place.open)
            && is_whole_lines(prompt);
        if is_eligible {
            let own = prompt.history.iter().filter(|it| is_same_file(&it.path, &prompt.path));
            let own: Vec<_> = own.cloned().collect();
            place.open.state().hunks = replay::hunks(&text, cursor, &own, Instant::now());
            if let Some(text) = self.repeated(prompt, place).await {
                return Ok(EditedWindow { text, by: HISTORY.into() });
            }
            match self.suggested(prompt, place).await {
                Suggestion::Edit(edited) => return Ok(edited),
                Suggestion::Nothing => return Err("no model suggests an edit".to_owned()),
                Suggestion::NoModel => {}
            }
        }
        self.completed(prompt).await
    }

    /// The window with the edit that the last edits suggest.
    async fn repeated(&self, prompt: &EditPrompt, place: &Place) -> Option<String> {
        let (trees, key) = (Arc::clone(&self.core.shared.trees), Arc::clone(&place.open.key));
        // A renamed definition is found in the tree.
        _ = spawn_blocking(move || trees.settle(&key)).await;
        let (scope, trigger) = (SearchScope::Document, NextEditTrigger::Invoked);
        let edit = self.next_edits.find(place, &[], scope, trigger)?;
        let start = edit.range.start.checked_sub(prompt.before.len())?;
        let range = start..start + edit.range.len();
        let mut window = prompt.window.text.clone();
        window.get(range.clone()).filter(|it| *it == edit.old)?;
        window.replace_range(range, &edit.text);
        Some(window)
    }

    async fn suggested(&self, prompt: &EditPrompt, place: &Place) -> Suggestion {
        let Some(models) = &self.core.models else { return Suggestion::NoModel };
        let spec = reply::spec(&self.core, &place.open);
        if models.router.plan(&spec).order.is_empty() {
            return Suggestion::NoModel;
        }
        let prompt = self.sendable(prompt, place);
        if window::cuts_secret(&prompt) {
            return Suggestion::Nothing;
        }
        let files = window::files(&prompt);
        match reply::ask(models, spec, &prompt, files).await {
            Some(Answer { window, by, .. }) => {
                let text = self.judged(prompt, place, window).await;
                text.map_or(Suggestion::Nothing, |text| Suggestion::Edit(EditedWindow { text, by }))
            }
            None => Suggestion::Nothing,
        }
    }

    /// The prompt with what may be sent, and what a program does not say.
    fn sendable(&self, prompt: &EditPrompt, place: &Place) -> EditPrompt {
        let mut prompt = prompt.clone();
        let may = |path: &str| self.core.shared.guard.check(Path::new(path)).is_ok();
        prompt.parts.retain(|it| may(&it.path) && !it.text.trim().is_empty());
        prompt.history.retain(|it| may(&it.path));
        prompt.limit_parts(FILES);
        prompt.shrink(AROUND);
        prompt.language = place.open.language_name().to_owned();
        prompt.max_tokens = window::most_tokens(&prompt.window.text);
        if prompt.window.earlier == prompt.window.text {
            let lines = lines(&prompt, place);
            prompt.window.earlier = window::earlier(&place.open, &lines, &prompt.window.text);
        }
        prompt
    }

    /// The window with those edits of a reply that may be shown.
    async fn judged(&self, prompt: EditPrompt, place: &Place, new: String) -> Option<String> {
        let lines = lines(&prompt, place);
        let document = EditedDocument::new(place, lines.clone());
        let syntax = Arc::clone(&self.core.shared.syntax);
        let edited = spawn_blocking(move || {
            let mut edits = document.edits(&prompt, &new, &syntax);
            edits.sort_by_key(|it| Reverse(it.0.start));
            let (rope, mut text) = (&document.rope, document.rope.to_string());
            let start = rope.line_to_byte(lines.start);
            let behind = text.len() - rope.line_to_byte(lines.end.min(rope.len_lines()));
            let is_edited = !edits.is_empty();
            edits.into_iter().for_each(|(range, new)| text.replace_range(range, &new));
            is_edited.then(|| text[start..text.len() - behind].to_owned())
        });
        edited.await.ok().flatten()
    }

    /// The window with a completion at the cursor.
    async fn completed(&self, prompt: &EditPrompt) -> Result<EditedWindow, String> {
        let (head, tail) = prompt.window.sides();
        let files = prompt.parts.iter().map(|it| (it.path.clone(), it.text.clone()));
        let hole = ExternalHole {
            path: Some(prompt.path.clone()).filter(|it| !it.is_empty()),
            prefix: [&*prompt.before, head].concat(),
            suffix: [tail, &prompt.after].concat(),
            files: files.collect(),
        };
        let Insertion { text, by } = self.completer.fill_external(&hole).await?;
        Ok(EditedWindow { text: [head, &text, tail].concat(), by })
    }
}

/// Whether two paths name one file. Some programs start only one of them with the name of the folder.
fn is_same_file(one: &str, other: &str) -> bool {
    let is_in_folder = |long: &str, short: &str| {
        !short.is_empty() && long.strip_suffix(short).is_some_and(|it| it.ends_with('/'))
    };
    one == other || is_in_folder(one, other) || is_in_folder(other, one)
}

/// A prompt with line feeds instead of the CRLF of every line of its window.
fn with_line_feeds(prompt: &EditPrompt) -> Option<EditPrompt> {
    let text = &prompt.window.text;
    let crlf = text.matches("\r\n").count();
    if crlf == 0 || crlf != text.matches('\n').count() {
        return None;
    }
    let lf = |it: &str| it.replace("\r\n", "\n");
    let mut plain = prompt.clone();
    let (head, tail) = prompt.window.sides();
    let (head, tail) = (lf(head), lf(tail));
    plain.window =
        EditWindow { cursor: head.len(), text: head + &tail, earlier: lf(&prompt.window.earlier) };
    let others = plain.history.iter_mut().flat_map(|it| [&mut it.old, &mut it.new]);
    let parts = plain.parts.iter_mut().map(|it| &mut it.text);
    let around = [&mut plain.before, &mut plain.after];
    around.into_iter().chain(others).chain(parts).for_each(|it| *it = lf(it));
    Some(plain)
}

/// Whether a window consists of whole lines and is not too long.
fn is_whole_lines(prompt: &EditPrompt) -> bool {
    let is_end = |it: &str| it.is_empty() || it.ends_with('\n');
    let is_plain = !prompt.window.text.contains('\r');
    let is_whole =
        is_end(&prompt.before) && (is_end(&prompt.window.text) || prompt.after.is_empty());
    is_plain && is_whole && prompt.window.text.len() <= WINDOW
}

/// The lines of the window in the document. The text before it may be cut.
fn lines(prompt: &EditPrompt, place: &Place) -> std::ops::Range<usize> {
    let rope = &place.open.document.rope;
    let start = rope.byte_to_line(place.offset - prompt.window.cursor);
    start..start + prompt.window.text.split_inclusive('\n').count()
}

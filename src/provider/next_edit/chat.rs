//! The next edit from any chat model. The reply names the lines to replace and the lines instead, which is
//! shorter than a whole window, and a place that does not exist is recognised.

use crate::prompt::edit::{EditPrompt, EditWindow};
use crate::prompt::{Chat, Role, Turn};
use crate::provider::next_edit::mercury::ended;
use crate::provider::next_edit::{EditFormat, diff};

const CURSOR: &str = "<cursor/>";
const WINDOW: [&str; 2] = ["<window>", "</window>"];
const OLD: [&str; 2] = ["<old>", "</old>"];
const NEW: [&str; 2] = ["<new>", "</new>"];
const NONE: &str = "<none/>";
pub(super) const STOP: &str = NEW[1];
pub(super) const TOKENS: &[&str] =
    &[CURSOR, WINDOW[0], WINDOW[1], OLD[0], OLD[1], NEW[0], NEW[1], NONE];
/// Edits in the prompt, and bytes of the text before and after the window.
const EDITS: usize = 5;
const CONTEXT: usize = 1024;

const TASK: &str = "\
You predict the next edit in a code editor. You are given the last edits as diffs, the oldest first, and \
lines of the current file; <cursor/> is the cursor. Decide whether these edits make another edit in \
<window> necessary or clearly intended: the same change at another place, a call that no longer matches its \
definition, a name that was renamed elsewhere, code that an edit has left incomplete.
Rules:
- Answer with one edit: <old>, the lines to replace, </old><new>, the lines instead, </new>. Nothing else.
- Copy the lines in <old> exactly from <window>, as few as possible, whole lines only, without <cursor/>. \
They must occur there only once. To insert lines, repeat the line next to them in both.
- Change what the last edits require, nothing else. Never undo an edit. Do not reformat, rename or explain.
- If no such edit is due, or you are not sure, answer <none/>. That is the usual answer.
";

const EXAMPLE: &str = "\
An example. Asked:
@@ -1,1 +1,1 @@
-def area(w):
+def area(w, h):
<window>
def area(w, h):<cursor/>
    return w * w
</window>
Answered:
<old>
    return w * w
</old><new>
    return w * h
</new>
";

pub(super) fn render(prompt: &EditPrompt) -> Chat {
    Chat {
        system: [TASK, EXAMPLE].concat(),
        parts: prompt.parts.clone(),
        turns: vec![Turn { role: Role::User, text: question(prompt) }],
        max_tokens: prompt.max_tokens,
        stop: vec![STOP.to_owned()],
        thinks: false,
        exact: false,
    }
}

pub(super) fn question(prompt: &EditPrompt) -> String {
    let mut prompt = prompt.clone();
    prompt.shrink(CONTEXT);
    let clean = |text: &str| EditFormat::Chat.escape(text);
    let start = prompt.history.len().saturating_sub(EDITS);
    let history = prompt.history[start..].iter().map(|it| {
        let path = clean(&it.path);
        format!("--- {path}\n+++ {path}\n{}", clean(&diff::hunk(it)))
    });
    let history: String = history.collect();
    let (head, tail) = prompt.window.sides();
    let window = ended(&[&clean(head), CURSOR, &clean(tail)].concat());
    let (path, language) = (clean(&prompt.path), &prompt.language);
    let (before, after) = (clean(&prompt.before), ended(&clean(&prompt.after)));
    let [open, close] = WINDOW;
    format!(
        "{history}\nFile: {path}\nLanguage: {language}\n{before}{open}\n{window}{close}\n{after}"
    )
}

/// The window with the first edit of a reply. The stop text may have ended it.
pub(super) fn read(reply: &str, window: &EditWindow) -> Option<String> {
    let old = reply.split_once(OLD[0])?.1;
    let (old, rest) = old.split_once(OLD[1])?;
    let new = rest.split_once(NEW[0])?.1;
    let new = new.split_once(NEW[1]).map_or(new, |it| it.0);
    let [old, new] = [old, new].map(|it| lines(&it.replace(CURSOR, "")));
    let sent = EditFormat::Chat.escape(&window.text);
    replaced(&sent, &old, &new)
}

/// The text between two tags as whole lines, without the line ends next to the tags.
fn lines(text: &str) -> String {
    let text = text.strip_prefix("\r\n").or(text.strip_prefix('\n')).unwrap_or(text);
    ended(&text.replace("\r\n", "\n"))
}

/// The window with the lines `old` replaced, if they occur exactly once and are not blank.
fn replaced(window: &str, old: &str, new: &str) -> Option<String> {
    let whole = ended(window);
    let starts = whole.match_indices(old).map(|it| it.0);
    let mut places = starts.filter(|it| *it == 0 || whole.as_bytes()[it - 1] == b'\n');
    let at = places.next().filter(|_| !old.trim().is_empty())?;
    let is_only = places.next().is_none();
    let text = [&whole[..at], new, &whole[at + old.len()..]].concat();
    is_only.then_some(text)
}

//! Shows an answer in text: streamed if the editor supports that, else as a page in our state folder, else as
//! a message.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::{fs, io};

use tokio::time::sleep;
use tower_lsp_server::gen_lsp_types::{MessageType, ShowDocumentParams};

use crate::feature::action::ActionReply;
use crate::feature::question::ChatEvent;
use crate::reply::page;
use crate::server::ext::{AnswerNotification, AnswerParams, AnswerPiece, TokensStatus};
use crate::server::session::Session;
use crate::storage;
use crate::text::uri;
use crate::text::uri::Family;

/// Subfolder of the state folder for the pages.
const FOLDER: &str = "answers";
/// Without an edit for this long, the user reads a message.
const PAUSE: Duration = Duration::from_secs(1);
/// Number of pages that are kept.
const PAGES: usize = 50;

/// Streams one answer to editors that support it.
pub(crate) struct AnswerPublisher<'a> {
    session: &'a Session,
    title: String,
    id: String,
    /// A follow-up question contains this value.
    pub(crate) thread: String,
    by: Option<String>,
    began: bool,
    /// The user's edits before the request.
    edits: u64,
}

impl<'a> AnswerPublisher<'a> {
    /// An answer in a thread, or one that begins a new thread.
    pub(crate) fn new(session: &'a Session, title: &str, thread: Option<String>) -> Self {
        let id = format!("answer-{}", session.number());
        let thread = thread.unwrap_or_else(|| id.clone());
        let edits = session.edits.load(Ordering::Relaxed);
        Self { session, title: title.to_owned(), id, thread, by: None, began: false, edits }
    }

    /// Whether the editor shows answers while they arrive.
    pub(crate) fn streams(&self) -> bool {
        self.session.state().abilities.answers
    }

    pub(crate) async fn hear(&mut self, event: ChatEvent) {
        if !self.streams() {
            return;
        }
        match event {
            ChatEvent::Began(by) => {
                let provider = by.to_string();
                if self.began {
                    self.send(AnswerPiece::Reset { provider: provider.clone() }).await;
                }
                self.by = Some(provider);
            }
            ChatEvent::Delta(text) => {
                if !self.began {
                    self.began = true;
                    let provider = self.by.clone().unwrap_or_default();
                    let (title, thread) = (self.title.clone(), self.thread.clone());
                    self.send(AnswerPiece::Begin { title, provider, thread }).await;
                }
                self.send(AnswerPiece::Delta { text }).await;
            }
            // The progress shows the cost.
            ChatEvent::Spent(_) => {}
            // The next model's `Began` reports the restart, or else the end does.
            ChatEvent::Reset | ChatEvent::Checking(_) => {}
        }
    }

    /// Whether the user has seen a part of it.
    pub(crate) fn was_heard(&self) -> bool {
        self.began
    }

    pub(crate) async fn end(&self, reply: Result<&ActionReply, String>) {
        if !self.began {
            return;
        }
        let end = match reply {
            Ok(reply) => AnswerPiece::End {
                provider: Some(reply.by.to_string()),
                tokens: reply
                    .total
                    .as_ref()
                    .map(|it| TokensStatus { prompt: it.usage.prompt, output: it.usage.output }),
                usd: reply.total.as_ref().and_then(|it| it.money).map(|it| it.dollars()),
                error: None,
            },
            Err(error) => AnswerPiece::End {
                provider: self.by.clone(),
                tokens: None,
                usd: None,
                error: Some(error),
            },
        };
        self.send(end).await;
    }

    /// Shows a whole answer in an editor that does not stream it.
    pub(crate) async fn show(&self, text: &str) {
        if !self.show_page(text).await {
            self.session.client.show_message(MessageType::Info, text).await;
        }
    }

    /// Shows an answer as a page; false if the editor does not open documents on request.
    pub(crate) async fn show_page(&self, text: &str) -> bool {
        let (session, abilities) = (self.session, self.session.state().abilities);
        let folder = session.environment.state.as_ref().filter(|_| abilities.shows_documents);
        let Some(folder) = folder else { return false };
        let text = page::page(text);
        let Ok(page) = write(&folder.join(FOLDER), &self.title, &text) else { return false };
        let page = page.to_string_lossy();
        if abilities.replaces_view && session.edits.load(Ordering::Relaxed) != self.edits {
            // A key removes the message.
            pause_in_typing(session).await;
            let message = format!("Understudy: {}: the answer is in {page}", self.title);
            session.client.show_message(MessageType::Info, message).await;
            return true;
        }
        let uri = uri::from_path(&page, Family::HERE).into();
        let document =
            ShowDocumentParams { uri, external: None, take_focus: Some(false), selection: None };
        session.client.show_document(document).await.is_ok_and(|it| it)
    }

    async fn send(&self, piece: AnswerPiece) {
        let piece = AnswerParams { id: self.id.clone(), piece };
        self.session.client.send_notification::<AnswerNotification>(piece).await;
    }
}

/// Waits until no document has changed for a moment.
async fn pause_in_typing(session: &Session) {
    let edits = || session.edits.load(Ordering::Relaxed);
    let mut before = None;
    while before != Some(edits()) {
        before = Some(edits());
        sleep(PAUSE).await;
    }
}

/// A new page, because an editor may still show an earlier one without reading it again. The oldest pages are removed.
fn write(folder: &Path, title: &str, text: &str) -> io::Result<PathBuf> {
    let name: String = title.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-");
    let name: String = name.chars().filter(|it| it.is_alphanumeric() || *it == '-').collect();
    let mut pages: Vec<(u64, PathBuf)> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|it| Some((number(&it.path())?, it.path())))
        .collect();
    pages.sort_unstable();
    let next = pages.last().map_or(1, |it| it.0 + 1);
    for (_, page) in pages.iter().rev().skip(PAGES - 1) {
        // If it stays, only disk space is lost.
        _ = fs::remove_file(page);
    }
    let page = folder.join(format!("{name}-{next}.md"));
    storage::write(&page, text)?;
    Ok(page)
}

/// The number at the end of a page's name.
fn number(page: &Path) -> Option<u64> {
    page.file_stem()?.to_str()?.rsplit('-').next()?.parse().ok()
}

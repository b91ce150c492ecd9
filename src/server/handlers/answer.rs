//! How an answer in words reaches its user: streamed where the editor shows that, else as a page of
//! our state folder, else as a message.

use std::io;
use std::path::{Path, PathBuf};

use tower_lsp_server::gen_lsp_types::{MessageType, ShowDocumentParams};

use crate::feature::action::ActionReply;
use crate::feature::question::ChatEvent;
use crate::server::ext::{AnswerNotification, AnswerParams, AnswerPiece, TokensStatus};
use crate::server::session::Session;
use crate::storage;
use crate::text::uri;
use crate::text::uri::Family;

/// The folder of the pages, within that of our state.
const FOLDER: &str = "answers";

/// Streams one answer to editors that show it.
pub(crate) struct AnswerPublisher<'a> {
    session: &'a Session,
    title: String,
    id: String,
    /// What a question names to go on from it.
    pub(crate) thread: String,
    by: Option<String>,
    began: bool,
}

impl<'a> AnswerPublisher<'a> {
    /// An answer of a thread, or one that begins its own.
    pub(crate) fn new(session: &'a Session, title: &str, thread: Option<String>) -> Self {
        let id = format!("answer-{}", session.number());
        let thread = thread.unwrap_or_else(|| id.clone());
        Self { session, title: title.to_owned(), id, thread, by: None, began: false }
    }

    pub(crate) async fn hear(&mut self, told: ChatEvent) {
        if !self.session.state().abilities.answers {
            return;
        }
        match told {
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
            // Progress shows it.
            ChatEvent::Spent(_) => {}
            // Whoever goes on says so; if nobody does, the end does.
            ChatEvent::Reset => {}
        }
    }

    /// Whether its user has seen it.
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

    async fn send(&self, piece: AnswerPiece) {
        let piece = AnswerParams { id: self.id.clone(), piece };
        self.session.client.send_notification::<AnswerNotification>(piece).await;
    }
}

/// Shows a whole answer in an editor that streams none.
pub(crate) async fn show(session: &Session, title: &str, text: &str) {
    let abilities = session.state().abilities;
    let folder = session.environment.state.as_ref().filter(|_| abilities.shows_documents);
    if let Some(folder) = folder
        && let Ok(page) = write(&folder.join(FOLDER), title, text)
    {
        let uri = uri::from_path(&page.to_string_lossy(), Family::HERE).into();
        let document =
            ShowDocumentParams { uri, external: None, take_focus: Some(false), selection: None };
        if session.client.show_document(document).await.is_ok_and(|it| it) {
            return;
        }
    }
    session.client.show_message(MessageType::Info, text).await;
}

/// One page an action: the next answer takes its place.
fn write(folder: &Path, title: &str, text: &str) -> io::Result<PathBuf> {
    let name: String = title.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-");
    let name: String = name.chars().filter(|it| it.is_alphanumeric() || *it == '-').collect();
    let page = folder.join(format!("{name}.md"));
    storage::write(&page, text)?;
    Ok(page)
}

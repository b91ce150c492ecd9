//! The state of one editor: its capabilities, documents and folders; and a `Snapshot` of it for a request,
//! which later notifications do not change.

mod begun;
mod selection;

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;
use tokio::sync::{Notify, mpsc};
use tower_lsp_server::{Client, gen_lsp_types as lsp};

use crate::app::{Environment, engine};
use crate::config::{Config, Problem};
use crate::feature::Engine;
use crate::feature::action::verify::known::KnownCheck;
use crate::feature::completion::price::TooDear;
use crate::feature::completion::shown::ShownSuggestion;
use crate::feature::document::{OpenDocument, Place, TrackedRange};
use crate::feature::notebook::Notebook;
use crate::feature::training::ExcludedProvider;
use crate::http::{Endpoint, Listening};
use crate::server::client::{self, Abilities};
use crate::server::ext::formatting::Formatting;
use crate::server::from_proto;
use crate::server::handlers::review::ShownFinding;
use crate::server::offered::Offered;
use crate::server::session::begun::Begun;
use crate::text::position::{Encoding, Position};
use crate::workspace::guard::Guard;
use crate::workspace::index::IndexProgress;
use crate::workspace::watch::{FileChange, FileWatch, WatchReport};

/// The state behind all handlers.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) environment: Environment,
    /// Suggestions of clients that identify them by id.
    pub(crate) offered: Offered,
    /// Serves programs that are not editors.
    endpoint: Endpoint,
    begun: Arc<Begun>,
    events: mpsc::UnboundedSender<SessionEvent>,
    /// Taken by the only task that handles events.
    inbox: Mutex<Option<mpsc::UnboundedReceiver<SessionEvent>>>,
    /// Work that the user can cancel.
    running: Mutex<Vec<(lsp::ProgressToken, Arc<Notify>)>>,
    numbers: AtomicU64,
    /// Number of changes of documents.
    pub(crate) edits: AtomicU64,
}

pub(crate) struct SessionState {
    pub(crate) abilities: Abilities,
    pub(crate) config: Config,
    pub(crate) engine: Arc<Engine>,
    pub(crate) documents: HashMap<String, OpenDocument>,
    /// Notebooks with open cells, by their URIs.
    pub(crate) notebooks: HashMap<String, Notebook>,
    pub(crate) roots: Vec<PathBuf>,
    /// The editor's settings.
    pub(crate) editor: Value,
    /// The document that was changed last. Other documents learn from it once the user moves to another one.
    pub(crate) current: Option<String>,
    /// Watches for what the editor does not watch: files, settings.
    watches: Vec<FileWatch>,
    /// Findings of reviews in unchanged lines, by document.
    pub(crate) findings: HashMap<String, Vec<ShownFinding>>,
    /// Document, place and text of the next edit that is shown as a hint.
    pub(crate) hinted: Option<(lsp::Uri, (TrackedRange, String))>,
    /// The last menus, newest last: the user chooses from a menu some time after the request.
    menus: VecDeque<Menu>,
    /// The place with a next menu that contains the actions that did not fit the last one.
    expands: Option<(lsp::Uri, lsp::Range)>,
}

/// The range of a document for which a menu was requested, and its current range.
pub(crate) struct Menu {
    pub(crate) uri: lsp::Uri,
    pub(crate) version: i32,
    pub(crate) range: lsp::Range,
    pub(crate) mark: TrackedRange,
}

/// Number of stored menus: editors request some that they do not show.
const MENUS: usize = 16;

/// A background event that the editor may need.
pub(crate) enum SessionEvent {
    Index(IndexProgress),
    /// The settings were read, with these problems.
    Settings(Vec<Problem>),
    /// Messages about models that are unavailable for long.
    News(Vec<String>),
    /// The training policy excludes these providers.
    Excluded(Vec<ExcludedProvider>),
    /// Every model costs more than the limit for a suggestion.
    Price(TooDear),
    /// An edit was made that this command could have checked.
    Unchecked(KnownCheck),
    /// Another model answers, or a model has become unavailable or available again.
    Status,
    /// A document was shown nothing, for a new reason.
    Silence,
    Changed(Vec<PathBuf>),
    /// Unknown files have changed.
    Missed,
    /// Work with visible progress was dropped.
    Dropped(lsp::ProgressToken),
    /// The diagnostics of a document have changed.
    Findings(lsp::Uri),
    /// A document was edited to this version, and the next edit is to be shown as a hint.
    Edited(lsp::Uri, i32),
}

/// One document at the time of a request.
pub(crate) struct Snapshot {
    pub(crate) engine: Arc<Engine>,
    pub(crate) open: OpenDocument,
    pub(crate) encoding: Encoding,
}

impl Session {
    pub(crate) fn new(client: Client, environment: Environment) -> Self {
        let (events, inbox) = mpsc::unbounded_channel();
        let (begun, inbox) = (Begun::new(), Mutex::new(Some(inbox)));
        let (running, numbers) = (Mutex::default(), AtomicU64::new(0));
        let edits = AtomicU64::new(0);
        let (offered, endpoint) = (Offered::default(), Endpoint::default());
        Self {
            client,
            environment,
            offered,
            endpoint,
            begun,
            events,
            inbox,
            running,
            numbers,
            edits,
        }
    }

    /// Starts the session. The service calls `initialize` only once.
    pub(crate) fn begin(&self, abilities: Abilities, roots: Vec<PathBuf>, editor: Value) {
        self.begun.begin(&self.environment, abilities, (roots, editor), self.events.clone());
    }

    /// The command that explains, as the user types it, if the plugin has one.
    pub(crate) fn explain_command(&self) -> Option<&str> {
        self.begun.said(client::EXPLAIN)
    }

    /// The state. Never hold it across an `.await`. The lock survives a handler's panic: the panic affects
    /// one document, not all later requests.
    pub(crate) fn state(&self) -> MutexGuard<'_, SessionState> {
        self.begun.state().lock()
    }

    /// Reads the settings again. Documents and requests in flight are unaffected.
    pub(crate) fn reload(&self, editor: Option<Value>) {
        let mut state = self.state();
        if let Some(editor) = editor {
            state.editor = editor;
        }
        let (config, problems) =
            engine::load(&self.environment, &state.roots, &client::settings(&state.editor));
        let settings = [&state.config, &config];
        let engine = engine::reloaded(
            &self.environment,
            &state.engine,
            settings,
            &state.roots,
            forward_progress(self.events.clone()),
        );
        let guarded = Arc::ptr_eq(&state.engine.core.shared.guard, &engine.core.shared.guard);
        (state.engine, state.config) = (engine, config);
        drop(state);
        self.serve_http();
        if !guarded {
            self.watch();
        }
        self.tell(SessionEvent::Settings(problems));
    }

    /// Serves the HTTP endpoint according to the settings.
    pub(crate) fn serve_http(&self) {
        let state = self.state();
        let listening = Listening::of(&state.config.http, self.environment.state.as_deref());
        self.endpoint.follow(listening, &state.engine);
    }

    /// The receiver of background events, for the only task that handles them.
    pub(crate) fn inbox(&self) -> Option<mpsc::UnboundedReceiver<SessionEvent>> {
        self.inbox.lock().take()
    }

    /// Watches what the editor does not: the config file's folder always, the roots if necessary.
    pub(crate) fn watch(&self) {
        let mut state = self.state();
        let guard = Arc::clone(&state.engine.core.shared.guard);
        let roots = if state.abilities.watches_files { Vec::new() } else { state.roots.clone() };
        let settings = self.environment.config.path().and_then(Path::parent);
        let settings: Vec<_> =
            settings.filter(|it| it.is_dir()).map(Path::to_owned).into_iter().collect();
        // Files that are forbidden to models still count as settings.
        let open = Guard::new(settings.clone(), &[]).expect("an empty list has no invalid glob");
        let watched = [(roots, guard), (settings, Arc::new(open))];
        let watched = watched.into_iter().filter(|(folders, _)| !folders.is_empty());
        state.watches = watched
            .map(|(folders, guard)| {
                let report = watcher(self.events.clone(), folders.clone());
                FileWatch::start(folders, guard, report)
            })
            .collect();
    }

    pub(crate) fn tell(&self, event: SessionEvent) {
        // Without a receiver the session has ended.
        _ = self.events.send(event);
    }

    /// Records the document that the user is in. Changes in the previous document are learned.
    pub(crate) fn turn_to(&self, uri: &str) {
        let mut state = self.state();
        if state.current.as_deref() == Some(uri) {
            return;
        }
        let left = state.current.replace(uri.to_owned());
        let Some(open) = left.and_then(|it| state.documents.get(&it)) else { return };
        if let Some(path) = &open.path {
            state.engine.core.shared.index.update(path, &open.whole().rope);
        }
    }

    /// Finds the suggestion that an editor refers to: the first that `matches`, in any document.
    pub(crate) fn suggestion(&self, mut matches: impl FnMut(&mut ShownSuggestion) -> bool) {
        let state = self.state();
        state.documents.values().any(|it| it.state().shown.iter_mut().any(&mut matches));
    }

    /// A document as it is now; `None` if it is not open.
    pub(crate) fn snapshot(&self, uri: &lsp::Uri) -> Option<Snapshot> {
        self.state().snapshot(uri)
    }

    /// Stores the place of a menu.
    pub(crate) fn offers(&self, menu: Menu) {
        let mut state = self.state();
        if state.menus.len() == MENUS {
            state.menus.pop_front();
        }
        state.menus.push_back(menu);
    }

    /// Makes the next menu of a place contain the actions that did not fit the last one.
    pub(crate) fn expand(&self, uri: lsp::Uri, range: lsp::Range) {
        self.state().expands = Some((uri, range));
    }

    /// Whether a menu at this place contains these actions. Any menu resets it.
    pub(crate) fn expands(&self, uri: &lsp::Uri, range: lsp::Range) -> bool {
        self.state().expands.take().is_some_and(|it| it == (uri.clone(), range))
    }

    /// A document, and the current range of lines for which a menu offered something at that version; the
    /// range is `None` if they have changed since.
    pub(crate) fn chosen(
        &self,
        uri: &lsp::Uri,
        version: i32,
        range: lsp::Range,
    ) -> Option<(Snapshot, Option<Range<usize>>)> {
        let state = self.state();
        let snap = state.snapshot(uri)?;
        let is_it = |it: &&Menu| it.uri == *uri && it.version == version && it.range == range;
        let place = match snap.open.document.version == version {
            true => Some(state.selection(&snap, range)),
            false => state.menus.iter().rev().find(is_it).and_then(|it| it.mark.range()),
        };
        Some((snap, place))
    }
}

impl SessionState {
    fn new(
        abilities: Abilities,
        config: Config,
        engine: Arc<Engine>,
        roots: Vec<PathBuf>,
        editor: Value,
    ) -> Self {
        let (documents, findings) = (HashMap::new(), HashMap::new());
        let notebooks = HashMap::new();
        let (current, watches, menus) = (None, Vec::new(), VecDeque::new());
        Self {
            abilities,
            config,
            engine,
            documents,
            notebooks,
            roots,
            editor,
            current,
            watches,
            findings,
            hinted: None,
            menus,
            expands: None,
        }
    }

    pub(crate) fn snapshot(&self, uri: &lsp::Uri) -> Option<Snapshot> {
        let open = self.documents.get(uri.as_ref())?.clone();
        Some(Snapshot { engine: self.engine.clone(), open, encoding: self.abilities.encoding })
    }
}

/// Work that the user can cancel, until it is dropped.
pub(crate) struct RunningJob<'a> {
    session: &'a Session,
    pub(crate) token: lsp::ProgressToken,
    pub(crate) cancelled: Arc<Notify>,
    /// Whether the editor shows its progress.
    pub(crate) is_shown: bool,
}

impl Session {
    /// A number that is unique in this session.
    pub(crate) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn running(&self, token: lsp::ProgressToken) -> RunningJob<'_> {
        let cancelled = Arc::new(Notify::new());
        let mut running = self.running.lock();
        running.push((token.clone(), Arc::clone(&cancelled)));
        RunningJob { session: self, token, cancelled, is_shown: false }
    }

    /// Cancels the work with this token.
    pub(crate) fn cancel(&self, token: &lsp::ProgressToken) {
        let running = self.running.lock();
        let named = running.iter().filter(|it| it.0 == *token);
        named.for_each(|it| it.1.notify_one());
    }
}

impl Drop for RunningJob<'_> {
    fn drop(&mut self) {
        let mut running = self.session.running.lock();
        running.retain(|it| it.0 != self.token);
        if self.is_shown {
            self.session.tell(SessionEvent::Dropped(self.token.clone()));
        }
    }
}

/// Forwards the index's progress from its thread.
fn forward_progress(events: mpsc::UnboundedSender<SessionEvent>) -> impl Fn(IndexProgress) + Send {
    move |progress| _ = events.send(SessionEvent::Index(progress))
}

fn watcher(
    events: mpsc::UnboundedSender<SessionEvent>,
    roots: Vec<PathBuf>,
) -> impl FnMut(WatchReport) + Send {
    move |report| {
        let event = match report {
            // Files may have changed between reading and watching.
            WatchReport::Watching { folders } => {
                tracing::debug!(folders, "watching");
                SessionEvent::Changed(roots.clone())
            }
            WatchReport::Failed(reason) => {
                return tracing::warn!(reason, "not all files are watched");
            }
            WatchReport::Lost => SessionEvent::Missed,
            WatchReport::Changes(changes) => {
                SessionEvent::Changed(changes.into_iter().map(path).collect())
            }
        };
        // Without a receiver the session has ended.
        _ = events.send(event);
    }
}

fn path(change: FileChange) -> PathBuf {
    match change {
        FileChange::Changed(path) | FileChange::Removed(path) => path,
    }
}

impl Snapshot {
    pub(crate) fn place(&self, at: lsp::Position) -> Place {
        self.open.place(self.offset(from_proto::position(at)))
    }

    /// A range of bytes. A reversed range becomes empty.
    pub(crate) fn range(&self, range: Range<Position>) -> Range<usize> {
        let start = self.offset(range.start);
        start..self.offset(range.end).max(start)
    }

    /// Applies the editor's indentation settings.
    pub(crate) fn indent(&self, formatting: Option<Formatting>) {
        if let Some(indentation) = formatting.and_then(Formatting::indentation) {
            self.open.indent(indentation);
        }
    }

    fn offset(&self, position: Position) -> usize {
        self.open.document.offset(position, self.encoding)
    }
}

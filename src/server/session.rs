//! What one editor has told us: its abilities, its documents, its folders; and a `Snapshot` of
//! that for a request, which no later notification changes.

mod begun;

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::{Notify, mpsc};
use tower_lsp_server::{Client, gen_lsp_types as lsp};

use crate::app::{Environment, engine};
use crate::config::{Config, Problem};
use crate::feature::Engine;
use crate::feature::completion::price::TooDear;
use crate::feature::completion::shown::ShownSuggestion;
use crate::feature::completion::{CompletionRequest, CompletionResponse};
use crate::feature::document::{OpenDocument, Place, TrackedRange};
use crate::feature::notebook::Notebook;
use crate::feature::training::ExcludedProvider;
use crate::http::{Endpoint, Listening};
use crate::server::client::{self, Abilities};
use crate::server::ext::formatting::Formatting;
use crate::server::from_proto;
use crate::server::offered::Offered;
use crate::server::session::begun::Begun;
use crate::text::position::{Encoding, Position};
use crate::workspace::guard::Guard;
use crate::workspace::index::IndexProgress;
use crate::workspace::watch::{FileChange, FileWatch, WatchReport};

/// The state behind every handler.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) environment: Environment,
    /// What was suggested to a client that speaks of it by ids.
    pub(crate) offered: Offered,
    /// For programs that are no editor.
    endpoint: Endpoint,
    begun: Arc<Begun>,
    events: mpsc::UnboundedSender<SessionEvent>,
    /// Taken by the one task that acts on them.
    inbox: Mutex<Option<mpsc::UnboundedReceiver<SessionEvent>>>,
    /// What its user can cancel.
    running: Mutex<Vec<(lsp::ProgressToken, Arc<Notify>)>>,
    numbers: AtomicU64,
}

pub(crate) struct SessionState {
    pub(crate) abilities: Abilities,
    pub(crate) config: Config,
    pub(crate) engine: Arc<Engine>,
    pub(crate) documents: HashMap<String, OpenDocument>,
    /// Those that have open cells, by their uris.
    pub(crate) notebooks: HashMap<String, Notebook>,
    pub(crate) roots: Vec<PathBuf>,
    /// The settings the editor gave.
    pub(crate) editor: Value,
    /// The document changed last: others learn from it once its user turns to them.
    pub(crate) current: Option<String>,
    /// What the editor does not watch for us: the files, the settings.
    watches: Vec<FileWatch>,
    /// Remarks on lines that have not changed since, by document.
    pub(crate) findings: HashMap<String, Vec<(TrackedRange, String)>>,
    /// The document and the place of the next edit that is shown as a hint, and what it says.
    pub(crate) hinted: Option<(lsp::Uri, (TrackedRange, String))>,
    /// What menus were about of late, newest last: one is chosen from some time after it was asked for.
    menus: VecDeque<Menu>,
    /// The place whose next menu holds the actions that found no room in the last one.
    expands: Option<(lsp::Uri, lsp::Range)>,
}

/// The range of a document that a menu was asked for, and where it is now.
pub(crate) struct Menu {
    pub(crate) uri: lsp::Uri,
    pub(crate) version: i32,
    pub(crate) range: lsp::Range,
    pub(crate) mark: TrackedRange,
}

/// Menus remembered: editors ask for some that nobody sees.
const MENUS: usize = 16;

/// What happens in the background and the editor may want to know.
pub(crate) enum SessionEvent {
    Index(IndexProgress),
    /// The settings were read, and so much is wrong with them.
    Settings(Vec<Problem>),
    /// Somebody is out for long.
    News(Vec<String>),
    /// The training policy excludes these providers.
    Excluded(Vec<ExcludedProvider>),
    /// A suggestion costs more than the limit with every model.
    Price(TooDear),
    /// Another one serves, or somebody is out or back.
    Status,
    /// A document was shown nothing, for another reason than before.
    Silence,
    Changed(Vec<PathBuf>),
    /// Some files have changed, nobody knows which.
    Missed,
    /// Work whose progress is shown was dropped.
    Dropped(lsp::ProgressToken),
    /// Remarks on a document are out of date.
    Findings(lsp::Uri),
    /// A document was edited to this version, and the next edit is shown as a hint.
    Edited(lsp::Uri, i32),
}

/// One document as it was when a request arrived.
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
        let (offered, endpoint) = (Offered::default(), Endpoint::default());
        Self { client, environment, offered, endpoint, begun, events, inbox, running, numbers }
    }

    /// Begins the session. The service calls `initialize` once only.
    pub(crate) fn begin(&self, abilities: Abilities, roots: Vec<PathBuf>, editor: Value) {
        self.begun.begin(&self.environment, abilities, (roots, editor), self.events.clone());
    }

    /// How the editor's user types the command that explains, where its glue has one.
    pub(crate) fn explain_command(&self) -> Option<&str> {
        self.begun.said(client::EXPLAIN)
    }

    /// The state, for a moment: never hold it across an `.await`. A handler that panicked while it
    /// held it must not cost every later request: what it was at is one document's.
    pub(crate) fn state(&self) -> MutexGuard<'_, SessionState> {
        self.begun.state().lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the settings anew. Documents and requests in flight go on as they were.
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
            teller(self.events.clone()),
        );
        let guarded = Arc::ptr_eq(&state.engine.shared.guard, &engine.shared.guard);
        (state.engine, state.config) = (engine, config);
        drop(state);
        self.serve_http();
        if !guarded {
            self.watch();
        }
        self.tell(SessionEvent::Settings(problems));
    }

    /// Serves the HTTP endpoint as the settings say.
    pub(crate) fn serve_http(&self) {
        let state = self.state();
        let listening = Listening::of(&state.config.http, self.environment.state.as_deref());
        self.endpoint.follow(listening, &state.engine);
    }

    /// What happens in the background, for the one task that acts on it.
    pub(crate) fn inbox(&self) -> Option<mpsc::UnboundedReceiver<SessionEvent>> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Watches what the editor does not: the config file's folder always, the roots if need be.
    pub(crate) fn watch(&self) {
        let mut state = self.state();
        let guard = Arc::clone(&state.engine.shared.guard);
        let roots = if state.abilities.watches_files { Vec::new() } else { state.roots.clone() };
        let settings = self.environment.config.path().and_then(Path::parent);
        let settings: Vec<_> =
            settings.filter(|it| it.is_dir()).map(Path::to_owned).into_iter().collect();
        // What is forbidden to the model is no secret to its settings.
        let open = Guard::new(settings.clone(), &[]).expect("no glob is no bad glob");
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
        // Without its reader the session is over.
        _ = self.events.send(event);
    }

    /// Notes which document its user is at. What they did in another is learned by then.
    pub(crate) fn turn_to(&self, uri: &str) {
        let mut state = self.state();
        if state.current.as_deref() == Some(uri) {
            return;
        }
        let left = state.current.replace(uri.to_owned());
        let Some(open) = left.and_then(|it| state.documents.get(&it)) else { return };
        if let Some(path) = &open.path {
            state.engine.shared.index.update(path, &open.whole().rope);
        }
    }

    /// Finds the suggestion an editor speaks of: the first that `matches`, in any document.
    pub(crate) fn suggestion(&self, mut matches: impl FnMut(&mut ShownSuggestion) -> bool) {
        let state = self.state();
        state.documents.values().any(|it| it.state().shown.iter_mut().any(&mut matches));
    }

    /// A document as it is now; `None` if it is not open.
    pub(crate) fn snapshot(&self, uri: &lsp::Uri) -> Option<Snapshot> {
        self.state().snapshot(uri)
    }

    /// Remembers what a menu is about.
    pub(crate) fn offers(&self, menu: Menu) {
        let mut state = self.state();
        if state.menus.len() == MENUS {
            state.menus.pop_front();
        }
        state.menus.push_back(menu);
    }

    /// Has the next menu of a place hold the actions that found no room in the last one.
    pub(crate) fn expand(&self, uri: lsp::Uri, range: lsp::Range) {
        self.state().expands = Some((uri, range));
    }

    /// Whether a menu that is asked for at this place holds those. Any menu ends it.
    pub(crate) fn expands(&self, uri: &lsp::Uri, range: lsp::Range) -> bool {
        self.state().expands.take().is_some_and(|it| it == (uri.clone(), range))
    }

    /// A document, and where in it the lines are now that a menu offered something for at that version;
    /// `None` for those where they were changed since.
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
            true => Some(snap.range(from_proto::range(range))),
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

    fn snapshot(&self, uri: &lsp::Uri) -> Option<Snapshot> {
        let open = self.documents.get(uri.as_ref())?.clone();
        Some(Snapshot { engine: self.engine.clone(), open, encoding: self.abilities.encoding })
    }
}

/// Work that its user can cancel, until it is dropped.
pub(crate) struct RunningJob<'a> {
    session: &'a Session,
    pub(crate) token: lsp::ProgressToken,
    pub(crate) cancelled: Arc<Notify>,
    /// Whether the editor shows that it goes on.
    pub(crate) is_shown: bool,
}

impl Session {
    /// A number that nothing else of this session has.
    pub(crate) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn running(&self, token: lsp::ProgressToken) -> RunningJob<'_> {
        let cancelled = Arc::new(Notify::new());
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.push((token.clone(), Arc::clone(&cancelled)));
        RunningJob { session: self, token, cancelled, is_shown: false }
    }

    /// Ends what shows this token.
    pub(crate) fn cancel(&self, token: &lsp::ProgressToken) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let named = running.iter().filter(|it| it.0 == *token);
        named.for_each(|it| it.1.notify_one());
    }
}

impl Drop for RunningJob<'_> {
    fn drop(&mut self) {
        let mut running = self.session.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|it| it.0 != self.token);
        if self.is_shown {
            self.session.tell(SessionEvent::Dropped(self.token.clone()));
        }
    }
}

/// Passes the index's progress on, from its thread.
fn teller(events: mpsc::UnboundedSender<SessionEvent>) -> impl Fn(IndexProgress) + Send {
    move |progress| _ = events.send(SessionEvent::Index(progress))
}

fn watcher(
    events: mpsc::UnboundedSender<SessionEvent>,
    roots: Vec<PathBuf>,
) -> impl FnMut(WatchReport) + Send {
    move |report| {
        let event = match report {
            // They may have changed since they were read and before they were watched.
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
        // Without its reader the session is over.
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

    /// A range of bytes; a reversed one is empty.
    pub(crate) fn range(&self, range: Range<Position>) -> Range<usize> {
        let start = self.offset(range.start);
        start..self.offset(range.end).max(start)
    }

    /// Takes what its editor says of new lines.
    pub(crate) fn indent(&self, formatting: Option<Formatting>) {
        if let Some(indentation) = formatting.and_then(Formatting::indentation) {
            self.open.indent(indentation);
        }
    }

    pub(crate) async fn complete(
        &self,
        place: &Place,
        ask: &CompletionRequest,
    ) -> CompletionResponse {
        let asked = self.engine.recorded(&self.open);
        self.engine.asked(place, ask.trigger);
        // The loop goes on with the next message while a task of this request's own computes.
        tokio::task::yield_now().await;
        let answer = self.engine.complete(place, ask).await;
        asked.ended(&answer);
        answer
    }

    fn offset(&self, position: Position) -> usize {
        self.open.document.offset(position, self.encoding)
    }
}

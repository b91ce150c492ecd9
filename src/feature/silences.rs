//! Why requests of a document showed no suggestion: kept for the status, and in the ledger for `why`.
//!
//! Typing causes many requests per second, so equal reasons are counted in memory. The ledger gets a row for
//! each new reason, and its count every few seconds and when the document is closed.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use crate::feature::completion::unavailable::About;
use crate::feature::completion::{CompletionResponse, Unavailable};
use crate::feature::core::Core;
use crate::feature::document::OpenDocument;
use crate::usage::record::Silent;
use crate::usage::{Ledger, record};

/// Reasons kept per document.
const MAX_ENTRIES: usize = 8;
/// A reason that recurs after this time gets a new row.
const EXPIRY: Duration = Duration::from_secs(300);
/// Interval of writing the count of a row.
const WRITE_INTERVAL: Duration = Duration::from_secs(5);
/// Interval of sending short-lived reasons to the editor.
const REPORT_INTERVAL: Duration = Duration::from_secs(2);

/// The ledger without configured providers. It is opened at the first write.
#[derive(Default)]
pub struct OwnLedger {
    file: Option<PathBuf>,
    ledger: OnceLock<Ledger>,
}

/// The last reasons of one document.
#[derive(Default)]
pub(crate) struct Silences {
    /// The number of the last request, and of the newest request that has ended.
    begun: u64,
    ended: u64,
    entries: Vec<Entry>,
    /// The id of the last request's entry; `None` if that request showed a suggestion.
    current: Option<i64>,
    /// The entry that was last sent to the editor, and when.
    reported: Option<(i64, Instant)>,
}

struct Entry {
    id: i64,
    silence: Unavailable,
    first: SystemTime,
    last: SystemTime,
    count: u32,
    /// The last written count, and when it was written.
    written: (u32, Instant),
}

/// The entries to write: one that is new or due, and one that was evicted.
#[derive(Default)]
struct Due<'a> {
    entry: Option<&'a mut Entry>,
    evicted: Option<Entry>,
}

/// Records why requests showed no suggestion.
pub struct SilenceLog {
    core: Arc<Core>,
}

/// A request in progress. Dropping it before `ended` records it as cancelled.
pub struct Asked<'a> {
    log: &'a SilenceLog,
    open: &'a OpenDocument,
    number: u64,
    is_open: bool,
}

/// The reason why the last request of a document showed no suggestion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastSilence {
    pub reason: String,
    pub last: SystemTime,
    /// The number of requests with this reason.
    pub count: u32,
}

impl OwnLedger {
    /// The ledger in a file, which is created if missing. Without a file nothing is written.
    pub fn new(file: Option<PathBuf>) -> Self {
        Self { file, ledger: OnceLock::new() }
    }

    fn ledger(&self) -> Option<&Ledger> {
        let file = self.file.as_ref()?;
        Some(self.ledger.get_or_init(|| Ledger::open(file.clone())))
    }
}

impl Asked<'_> {
    /// Records the outcome of the request.
    pub fn ended(mut self, answer: &CompletionResponse) {
        self.is_open = false;
        let silence = match answer {
            CompletionResponse::Offers(_) => None,
            CompletionResponse::Silent(silence) => Some(silence.clone()),
            CompletionResponse::Superseded => Some(Unavailable::Superseded),
        };
        self.log.record(self.open, self.number, silence);
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if self.is_open {
            self.log.record(self.open, self.number, Some(Unavailable::Cancelled));
        }
    }
}

impl SilenceLog {
    pub(super) fn new(core: &Arc<Core>) -> Self {
        Self { core: Arc::clone(core) }
    }

    /// Starts recording a request. Pass its outcome to `Asked::ended`.
    pub fn begin<'a>(&'a self, open: &'a OpenDocument) -> Asked<'a> {
        let mut state = open.state();
        state.silences.begun += 1;
        Asked { log: self, open, number: state.silences.begun, is_open: true }
    }

    /// Records why a request for something else than ghost text showed nothing, in the ledger only.
    pub(super) fn note(&self, open: &OpenDocument, silence: Unavailable) {
        self.record(open, 0, Some(silence));
    }

    /// The values that appear in the text of a reason.
    pub fn about(&self, open: &OpenDocument) -> About {
        About {
            language: open.language_name().to_owned(),
            at: SystemTime::now(),
            limit: self.core.options_of(open).complete.usd,
        }
    }

    /// Why the last request of a document showed no suggestion; `None` if it showed one.
    pub fn last(&self, open: &OpenDocument) -> Option<LastSilence> {
        let state = open.state();
        let silences = &state.silences;
        let entry = silences.entries.iter().find(|it| Some(it.id) == silences.current)?;
        let about = About { at: entry.last, ..self.about(open) };
        let reason = entry.silence.reason(&about);
        Some(LastSilence { reason, last: entry.last, count: entry.count })
    }

    /// Whether the reason of the last request should be sent to the editor now. Marks it as sent.
    pub fn should_report(&self, open: &OpenDocument) -> bool {
        open.state().silences.should_report(Instant::now())
    }

    /// Writes all unwritten counts of a document.
    pub fn write_counts(&self, open: &OpenDocument) {
        let rows: Vec<Silent> = {
            let mut state = open.state();
            let entries = state.silences.entries.iter_mut();
            entries.filter(|it| it.count > it.written.0).map(|it| self.row(open, it)).collect()
        };
        self.write(rows);
    }

    /// Waits until the ledger without models is written.
    pub async fn settled(&self) {
        if let Some(ledger) = self.core.shared.own_ledger.ledger.get() {
            ledger.settled().await;
        }
    }

    fn record(&self, open: &OpenDocument, number: u64, silence: Option<Unavailable>) {
        let rows = {
            let mut state = open.state();
            if state.closed {
                return;
            }
            let Due { entry, evicted } = state.silences.end(number, silence);
            [evicted.map(|mut it| self.row(open, &mut it)), entry.map(|it| self.row(open, it))]
        };
        self.write(rows.into_iter().flatten());
    }

    /// The ledger row of an entry. Marks the entry as written.
    fn row(&self, open: &OpenDocument, entry: &mut Entry) -> Silent {
        entry.written = (entry.count, Instant::now());
        let path = open.path.as_deref();
        Silent {
            id: entry.id,
            first: entry.first,
            last: entry.last,
            count: entry.count,
            document: path.map(|it| self.core.name(it)).unwrap_or_default(),
            reason: entry.silence.reason(&About { at: entry.last, ..self.about(open) }),
        }
    }

    fn write(&self, rows: impl IntoIterator<Item = Silent>) {
        for row in rows {
            let models = self.core.models.as_ref().map(|it| it.router.ledger());
            if let Some(ledger) = models.or_else(|| self.core.shared.own_ledger.ledger()) {
                ledger.silent(row);
            }
        }
    }
}

impl Silences {
    /// Counts a request that has ended. Returns the entries to write.
    fn end(&mut self, number: u64, silence: Option<Unavailable>) -> Due<'_> {
        let is_newest = number > self.ended;
        self.ended = self.ended.max(number);
        let Some(silence) = silence else {
            self.current = self.current.filter(|_| !is_newest);
            return Due::default();
        };
        let (now, clock) = (SystemTime::now(), Instant::now());
        let is_recent = |it: &Entry| now.duration_since(it.last).is_ok_and(|it| it < EXPIRY);
        let is_equal = |it: &Entry| it.silence.is_like(&silence) && is_recent(it);
        let (at, evicted) = match self.entries.iter().position(is_equal) {
            Some(at) => {
                let entry = &mut self.entries[at];
                entry.count = entry.count.saturating_add(1);
                (entry.last, entry.silence) = (now, silence);
                (at, None)
            }
            None => {
                let evicted = self.evict().filter(|it| it.count > it.written.0);
                self.entries.push(Entry::new(silence, now, clock));
                (self.entries.len() - 1, evicted)
            }
        };
        let entry = &mut self.entries[at];
        if is_newest {
            self.current = Some(entry.id);
        }
        let is_due =
            entry.written.0 == 0 || clock.duration_since(entry.written.1) >= WRITE_INTERVAL;
        Due { entry: is_due.then_some(entry), evicted }
    }

    /// Removes the oldest entry if all are in use.
    fn evict(&mut self) -> Option<Entry> {
        let oldest = (0..self.entries.len()).min_by_key(|it| self.entries[*it].last)?;
        (self.entries.len() >= MAX_ENTRIES).then(|| self.entries.swap_remove(oldest))
    }

    fn should_report(&mut self, clock: Instant) -> bool {
        let current = self.entries.iter().find(|it| Some(it.id) == self.current);
        let Some(entry) = current else { return false };
        let is_passing = matches!(entry.silence, Unavailable::Superseded | Unavailable::Cancelled);
        let is_due = match self.reported {
            Some((id, _)) if id == entry.id => false,
            Some((_, at)) => entry.silence.lasts() || clock.duration_since(at) >= REPORT_INTERVAL,
            None => true,
        };
        if is_due && !is_passing {
            self.reported = Some((entry.id, clock));
        }
        is_due && !is_passing
    }
}

impl Entry {
    fn new(silence: Unavailable, now: SystemTime, clock: Instant) -> Self {
        let id = record::random_id();
        Self { id, silence, first: now, last: now, count: 1, written: (0, clock) }
    }
}

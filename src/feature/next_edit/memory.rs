//! What was shown as a next edit and what became of it, and the examples of documents that were closed.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use ropey::Rope;
use rustc_hash::FxHashMap;

use crate::feature::document::TrackedRange;
use crate::feature::next_edit::Asked;
use crate::feature::next_edit::hunk::Example;
use crate::feature::next_edit::rewrite::RuleKey;
use crate::text::Edit;

/// What a rejection counts, what it counts to leave an edit alone, and the count that mutes a rule.
const REJECTED: u32 = 2;
const IGNORED: u32 = 1;
const MUTED: u32 = 4;
/// Places remembered where an edit is not wanted.
const PASSED: usize = 20;
/// Examples kept of closed documents.
const CLOSED: usize = 64;

/// The memory of one session.
#[derive(Default)]
pub struct NextEdits(Mutex<Memory>);

#[derive(Default)]
pub(super) struct Memory {
    closed: VecDeque<Example>,
    /// How little each rule was wanted.
    unwanted: FxHashMap<RuleKey, u32>,
    passed: VecDeque<Passed>,
    offered: Option<Suggested>,
    count: u64,
    /// The client tells what it shows: what it does not tell was not seen.
    tells: bool,
}

/// A place where an edit was not wanted.
struct Passed {
    document: Arc<str>,
    place: TrackedRange,
    rule: RuleKey,
    rejected: bool,
}

/// The edit that was answered last.
pub(super) struct Suggested {
    pub(super) id: u64,
    pub(super) document: Arc<str>,
    /// Where it applies; `None` once its place was edited otherwise.
    pub(super) range: Range<usize>,
    pub(super) text: String,
    pub(super) rule: RuleKey,
    pub(super) place: TrackedRange,
    is_shown: bool,
    /// It was shown among other things alone.
    is_listed: bool,
}

impl NextEdits {
    pub(super) fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock()
    }

    /// Notes the edits of a document and infers what became of the edit that was shown.
    pub(crate) fn changed(&self, document: &str, edits: &[Edit], rope: &Rope) {
        let mut memory = self.lock();
        let Some(mut offered) = memory.offered.take() else { return };
        if offered.document.as_ref() != document {
            return memory.ignore(offered);
        }
        let inside = |edit: &Edit, range: &Range<usize>| {
            edit.start >= range.start && edit.old_end <= range.end
        };
        for edit in edits {
            let grown = edit.new_end as isize - edit.old_end as isize;
            let moved = |at: usize| at.saturating_add_signed(grown);
            match () {
                () if inside(edit, &offered.range) => {
                    offered.range.end = moved(offered.range.end);
                    let is_done = rope
                        .get_byte_slice(offered.range.clone())
                        .is_some_and(|it| it == *offered.text);
                    if is_done {
                        return memory.accepted(&offered.rule);
                    }
                }
                () if edit.old_end <= offered.range.start => {
                    offered.range = moved(offered.range.start)..moved(offered.range.end);
                    return memory.ignore(offered);
                }
                () if edit.start >= offered.range.end => return memory.ignore(offered),
                // Its place is gone.
                () => return,
            }
        }
        // It may be on its way to the same text, key by key.
    }

    /// The edit is on the screen.
    pub fn shown(&self, id: &str) {
        let mut memory = self.lock();
        memory.tells = true;
        if let Some(offered) = memory.named(id) {
            offered.is_shown = true;
        }
    }

    /// The client says that the edit was applied.
    pub fn accept(&self, id: &str) {
        let mut memory = self.lock();
        if let Some(rule) = memory.named(id).map(|it| it.rule.clone()) {
            memory.accepted(&rule);
            memory.offered = None;
        }
    }

    /// The user does not want the edit.
    pub fn reject(&self, id: &str) {
        let mut memory = self.lock();
        if memory.named(id).is_some()
            && let Some(offered) = memory.offered.take()
        {
            memory.unwant(offered, REJECTED);
        }
    }
}

impl Memory {
    /// Remembers an edit that is answered; the same edit again keeps its number.
    pub(super) fn offer(&mut self, mut new: Suggested, asked: Asked) -> u64 {
        new.is_listed = asked == Asked::Listed;
        if let Some(old) = &mut self.offered
            && (&old.document, &old.range, &old.text) == (&new.document, &new.range, &new.text)
        {
            old.is_listed &= new.is_listed;
            return old.id;
        }
        self.count += 1;
        new.id = self.count;
        self.offered = Some(new);
        self.count
    }

    pub(super) fn is_muted(&self, rule: &RuleKey) -> bool {
        self.unwanted.get(rule).is_some_and(|it| *it >= MUTED)
    }

    /// Places of a document where a rule's edit was rejected, or ignored more than once.
    pub(super) fn unwanted_at(&self, document: &str, rule: &RuleKey) -> Vec<Range<usize>> {
        let of_it = self.passed.iter().filter(|it| *it.document == *document && it.rule == *rule);
        let places: Vec<_> =
            of_it.filter_map(|it| Some((it.place.range()?, it.rejected))).collect();
        let times = |place: &Range<usize>| places.iter().filter(|it| it.0 == *place).count();
        let unwanted = places.iter().filter(|it| it.1 || times(&it.0) > 1);
        unwanted.map(|it| it.0.clone()).collect()
    }

    pub(super) fn close(&mut self, examples: Vec<Example>) {
        self.closed.extend(examples.into_iter().map(|it| Example { place: None, ..it }));
        let many = self.closed.len().saturating_sub(CLOSED);
        self.closed.drain(..many);
    }

    pub(super) fn closed(&self) -> impl Iterator<Item = &Example> {
        self.closed.iter()
    }

    fn named(&mut self, id: &str) -> Option<&mut Suggested> {
        self.offered.as_mut().filter(|it| id.parse() == Ok(it.id))
    }

    fn accepted(&mut self, rule: &RuleKey) {
        self.unwanted.remove(rule);
    }

    fn ignore(&mut self, offered: Suggested) {
        if !offered.is_listed && (offered.is_shown || !self.tells) {
            self.unwant(offered, IGNORED);
        }
    }

    fn unwant(&mut self, offered: Suggested, points: u32) {
        *self.unwanted.entry(offered.rule.clone()).or_default() += points;
        if self.passed.len() == PASSED {
            self.passed.pop_front();
        }
        let Suggested { document, place, rule, .. } = offered;
        self.passed.push_back(Passed { document, place, rule, rejected: points == REJECTED });
    }
}

impl Suggested {
    pub(super) fn new(
        document: Arc<str>,
        (range, text): (Range<usize>, String),
        rule: RuleKey,
        place: TrackedRange,
    ) -> Self {
        Self { id: 0, document, range, text, rule, place, is_shown: false, is_listed: false }
    }
}

//! The next edits that were shown, whether the user wanted them, and the examples of closed documents.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use ropey::Rope;
use rustc_hash::FxHashMap;

use crate::feature::document::TrackedRange;
use crate::feature::next_edit::NextEditTrigger;
use crate::feature::next_edit::hunk::Example;
use crate::feature::next_edit::rewrite::RuleKey;
use crate::text::Edit;
use crate::usage::record::CallId;

/// Weight of a rejection, the weight that hides an edit, and the weight that mutes a rule.
const REJECTED: u32 = 2;
const IGNORED: u32 = 1;
const MUTED: u32 = 4;
/// Places stored where an edit is not wanted.
const PASSED: usize = 20;
/// Examples stored from closed documents.
const CLOSED: usize = 64;

/// The memory of one session.
#[derive(Default)]
pub struct NextEdits(Mutex<Memory>);

#[derive(Default)]
pub(super) struct Memory {
    closed: VecDeque<Example>,
    /// How strongly each rule was rejected.
    unwanted: FxHashMap<RuleKey, u32>,
    passed: VecDeque<Passed>,
    offered: Option<SuggestedEdit>,
    count: u64,
    /// The client reports what it shows, so an edit without a report was not seen.
    tells: bool,
    /// Models whose edits were shown, their calls, and whether the edit was accepted.
    fates: Vec<(Arc<str>, Option<CallId>, bool)>,
}

/// A place where an edit is not wanted.
struct Passed {
    document: Arc<str>,
    place: TrackedRange,
    rule: RuleKey,
    rejected: bool,
}

/// The last edit that was returned.
pub(super) struct SuggestedEdit {
    pub(super) id: u64,
    pub(super) document: Arc<str>,
    /// Its place; `None` once the place was edited in another way.
    pub(super) range: Range<usize>,
    pub(super) text: String,
    pub(super) rule: RuleKey,
    pub(super) place: TrackedRange,
    /// The model that suggested it, and its call.
    pub(super) by: Option<(Arc<str>, Option<CallId>)>,
    is_shown: bool,
    /// It was only one entry of a menu.
    is_listed: bool,
}

impl NextEdits {
    pub(super) fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock()
    }

    /// Records the edits of a document, and infers whether the shown edit was accepted.
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
                        return memory.accepted(offered);
                    }
                }
                () if edit.old_end <= offered.range.start => {
                    offered.range = moved(offered.range.start)..moved(offered.range.end);
                    return memory.ignore(offered);
                }
                () if edit.start >= offered.range.end => return memory.ignore(offered),
                // The place no longer exists.
                () => return,
            }
        }
        // The user may be typing the same text key by key.
    }

    /// The edit is on the screen.
    pub fn shown(&self, id: &str) {
        let mut memory = self.lock();
        memory.tells = true;
        if let Some(offered) = memory.named(id) {
            offered.is_shown = true;
        }
    }

    /// The client reports that the edit was applied.
    pub fn accept(&self, id: &str) {
        let mut memory = self.lock();
        if memory.named(id).is_some()
            && let Some(offered) = memory.offered.take()
        {
            memory.accepted(offered);
        }
    }

    /// Takes the models whose edits were shown, with their calls, and whether the edit was accepted.
    pub(super) fn take_fates(&self) -> Vec<(Arc<str>, Option<CallId>, bool)> {
        std::mem::take(&mut self.lock().fates)
    }

    /// The user rejects the edit.
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
    /// Remembers an edit that is returned. The same edit keeps its number.
    pub(super) fn offer(&mut self, mut new: SuggestedEdit, trigger: NextEditTrigger) -> u64 {
        new.is_listed = trigger == NextEditTrigger::Listed;
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

    /// Places of a document where any edit was rejected.
    pub(super) fn rejected_in(&self, document: &str) -> Vec<Range<usize>> {
        let of_it = self.passed.iter().filter(|it| *it.document == *document && it.rejected);
        of_it.filter_map(|it| it.place.range()).collect()
    }

    pub(super) fn close(&mut self, examples: Vec<Example>) {
        self.closed.extend(examples.into_iter().map(|it| Example { place: None, ..it }));
        let many = self.closed.len().saturating_sub(CLOSED);
        self.closed.drain(..many);
    }

    pub(super) fn closed(&self) -> impl Iterator<Item = &Example> {
        self.closed.iter()
    }

    fn named(&mut self, id: &str) -> Option<&mut SuggestedEdit> {
        self.offered.as_mut().filter(|it| id.parse() == Ok(it.id))
    }

    fn accepted(&mut self, offered: SuggestedEdit) {
        self.unwanted.remove(&offered.rule);
        self.fates.extend(offered.by.map(|(by, call)| (by, call, true)));
    }

    fn ignore(&mut self, offered: SuggestedEdit) {
        if !offered.is_listed && (offered.is_shown || !self.tells) {
            self.unwant(offered, IGNORED);
        }
    }

    fn unwant(&mut self, offered: SuggestedEdit, points: u32) {
        *self.unwanted.entry(offered.rule.clone()).or_default() += points;
        if self.passed.len() == PASSED {
            self.passed.pop_front();
        }
        let SuggestedEdit { document, place, rule, by, .. } = offered;
        self.fates.extend(by.map(|(by, call)| (by, call, false)));
        self.passed.push_back(Passed { document, place, rule, rejected: points == REJECTED });
    }
}

impl SuggestedEdit {
    pub(super) fn new(
        document: Arc<str>,
        (range, text): (Range<usize>, String),
        rule: RuleKey,
        place: TrackedRange,
    ) -> Self {
        let (by, is_shown, is_listed) = (None, false, false);
        Self { id: 0, document, range, text, rule, place, by, is_shown, is_listed }
    }
}

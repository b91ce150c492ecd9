//! Ghost text: what stands behind the cursor before it is written.
//!
//! The road is a list: the gate, then what costs nothing, cheapest first (what is already shown,
//! what was answered before, the embedded model). What is not sure says nothing.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::PoisonError;
use std::time::Instant;

use crate::cache::Kept;
use crate::cache::Key;
use crate::cache::shown::Shown;
use crate::feature::Engine;
use crate::feature::document::Place;
use crate::predict;
use crate::predict::Query;
use crate::predict::Suggestion;
use crate::predict::buffer::Buffer;
use crate::prompt::shape::fit;
use crate::syntax::language;
use crate::syntax::region::Region;
use crate::text::Document;
use crate::workspace::guard::Refusal;

/// Who answers when no provider does.
const EMBEDDED: &str = "embedded";
/// In prose, strings and comments the embedded model speaks only when it is this sure.
const SURE: f32 = 0.9;
/// Fewer characters are not worth a look.
const LEAST: usize = 3;
/// Lines a text may have; more than one only where it opens a block on an empty line.
const MOST_LINES: usize = 10;
/// Texts an invoked request may bring.
const MOST: usize = 3;

/// Why a completion is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// The user typed.
    Automatic,
    /// The user asked.
    Invoked,
}

/// A request: why, and what a popup would insert if it is open.
#[derive(Clone, Debug)]
pub struct Ask {
    pub trigger: Trigger,
    pub selected: Option<Selected>,
}

/// The item selected in the editor's completion popup: `text` would replace `range`.
#[derive(Clone, Debug)]
pub struct Selected {
    pub range: Range<usize>,
    pub text: String,
}

/// A text to put in place of `range` (bytes): empty at the cursor, or over closers right of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    pub text: String,
    pub range: Range<usize>,
    pub by: Arc<str>,
    /// How probable it is that this is just what the user means, where that is known.
    pub confidence: Option<f32>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Best first, never empty.
    Offers(Vec<Offer>),
    Silent(Silence),
    /// A newer request of this document makes this one pointless.
    Superseded,
}

/// Why there is nothing to show.
#[derive(Clone, Debug, PartialEq)]
pub enum Silence {
    LanguageOff,
    Manual,
    Refused(Refusal),
    InsideAccepted,
    CodeBehind,
    Unsure,
}

impl Engine {
    /// Notes that a request has arrived. Call it before anything is awaited, then `complete`.
    pub fn asked(&self, place: &Place, trigger: Trigger) {
        if trigger == Trigger::Automatic {
            place.open.desk().newest = Some((place.revision, place.offset));
        }
        if let Some(path) = &place.open.path {
            let line = place.open.document.rope.byte_to_line(place.offset);
            let mut journal = self.shared.journal.lock().unwrap_or_else(PoisonError::into_inner);
            journal.visited(path, line, Instant::now());
        }
    }

    /// Reads a document that was just opened, so that its first request need not; unless its
    /// file is one that is never learned.
    pub fn prepare(&self, place: &Place) {
        if self.gate(place).is_ok() {
            self.read(place);
        }
    }

    /// Answers a request. It takes up to 5 ms of CPU, so call it off the message task.
    pub fn complete(&self, place: &Place, ask: &Ask) -> Answer {
        if superseded(place, ask.trigger) {
            return Answer::Superseded;
        }
        let answer = self.answer(place, ask);
        if superseded(place, ask.trigger) {
            return Answer::Superseded;
        }
        match answer {
            Ok(offers) if offers.is_empty() => Answer::Silent(Silence::Unsure),
            Ok(offers) => Answer::Offers(offers),
            Err(silence) => Answer::Silent(silence),
        }
    }

    /// What holds for everything that could be shown.
    fn gate(&self, place: &Place) -> Result<(), Silence> {
        let open = &place.open;
        let names = [open.language_name(), &open.document.language];
        if !self.options(open.path.as_deref()).language_on(&names) {
            return Err(Silence::LanguageOff);
        }
        match &open.path {
            Some(path) => self.shared.guard.check(path).map_err(Silence::Refused),
            None => Ok(()),
        }
    }

    /// What holds for a text that is not on the screen yet and that nobody asked for.
    fn gate_unasked(&self, place: &Place) -> Result<(), Silence> {
        if !self.options(place.open.path.as_deref()).automatic {
            return Err(Silence::Manual);
        }
        if place.open.desk().accepted == Some(place.offset) && place.after_word() {
            return Err(Silence::InsideAccepted);
        }
        Ok(())
    }

    fn answer(&self, place: &Place, ask: &Ask) -> Result<Vec<Offer>, Silence> {
        self.gate(place)?;
        if let Some(selected) = &ask.selected {
            return Ok(self.beyond(place, selected).into_iter().collect());
        }
        let shown = shown(place);
        match ask.trigger {
            Trigger::Automatic if !shown.is_empty() => return Ok(shown),
            Trigger::Automatic => self.gate_unasked(place)?,
            Trigger::Invoked => {}
        }
        // The embedded model continues a line; it cannot fill a hole before code.
        if !fit::only_closers(&right_of(&place.open.document, place.offset)) {
            return Err(Silence::CodeBehind);
        }
        let kept = self.kept(place).and_then(|it| offer(place, &it.text, it.by, None));
        let mut fresh: Vec<Offer> = kept.into_iter().collect();
        if ask.trigger == Trigger::Invoked || fresh.is_empty() {
            fresh.extend(self.predict(place, ask.trigger));
        }
        remember(place, &fresh);
        Ok(distinct(shown.into_iter().chain(fresh), ask.trigger))
    }

    fn kept(&self, place: &Place) -> Option<Kept> {
        let open = &place.open;
        let path = open.path.as_deref().map(Path::to_string_lossy).unwrap_or_default();
        let rope = &open.document.rope;
        let key = Key::new(open.language_name(), &path, self.generation, rope, place.offset);
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(key, Instant::now())
    }

    fn predict(&self, place: &Place, trigger: Trigger) -> Vec<Offer> {
        self.suggestions(place, trigger)
            .into_iter()
            .filter_map(|it| offer(place, &it.text, EMBEDDED.into(), Some(it.confidence)))
            .filter(|it| it.text.trim().chars().count() >= LEAST)
            .collect()
    }

    /// What would follow the popup's item, offered together with it.
    fn beyond(&self, place: &Place, selected: &Selected) -> Option<Offer> {
        let behind = place.with(selected.range.clone(), &selected.text);
        let next = self.suggestions(&behind, Trigger::Automatic).into_iter().next()?;
        let fitted = fit::fit(&next.text, &right_of(&behind.open.document, behind.offset))?;
        Some(Offer {
            text: format!("{}{}", selected.text, fitted.text),
            range: selected.range.start..selected.range.end + fitted.covers,
            by: EMBEDDED.into(),
            confidence: Some(next.confidence),
        })
    }

    fn suggestions(&self, place: &Place, trigger: Trigger) -> Vec<Suggestion> {
        let embedded = &self.options(place.open.path.as_deref()).embedded;
        if !embedded.enabled {
            return Vec::new();
        }
        let buffer = self.read(place);
        let snapshot = self.shared.index.tokens().snapshot();
        let query = Query {
            snapshot: &snapshot,
            buffer: &buffer,
            rope: &place.open.document.rope,
            offset: place.offset,
            path: place.open.path.as_deref(),
        };
        let threshold = match (trigger, self.region(place)) {
            (Trigger::Invoked, _) => embedded.invoked,
            (Trigger::Automatic, Region::Code) => embedded.automatic,
            (Trigger::Automatic, Region::Comment | Region::String) => embedded.automatic.max(SURE),
        };
        let deadline = embedded.deadline;
        let lines = MOST_LINES;
        let options =
            predict::Options { threshold, min_chars: LEAST, lines, deadline, ..Default::default() };
        let count = match trigger {
            Trigger::Automatic => 1,
            Trigger::Invoked => MOST,
        };
        predict::alternatives(&query, &options, count)
    }

    /// The document's tokens as of `place`, lexed up to now.
    fn read(&self, place: &Place) -> Arc<Buffer> {
        let (tokens, rope) = (self.shared.index.tokens(), &place.open.document.rope);
        let mut desk = place.open.desk();
        if desk.revision == place.revision {
            Arc::make_mut(&mut desk.buffer).read(tokens, rope);
            return Arc::clone(&desk.buffer);
        }
        drop(desk);
        let mut buffer = Buffer::new();
        buffer.read(tokens, rope);
        Arc::new(buffer)
    }

    /// Prose counts as comment, whatever its grammar says of it.
    fn region(&self, place: &Place) -> Region {
        let open = &place.open;
        if [open.language_name(), &open.document.language].into_iter().any(language::is_prose) {
            return Region::Comment;
        }
        let tree = self.shared.trees.newest(&open.key);
        tree.map_or(Region::Code, |it| self.shared.syntax.region(&it, place.offset))
    }
}

fn superseded(place: &Place, trigger: Trigger) -> bool {
    let desk = place.open.desk();
    let newer = desk.revision != place.revision
        || desk.newest.is_some_and(|it| it != (place.revision, place.offset));
    trigger == Trigger::Automatic && newer
}

/// What is left of the suggestions on the screen.
fn shown(place: &Place) -> Vec<Offer> {
    let desk = place.open.desk();
    let left = desk.shown.iter().filter_map(|it| {
        let left = it.left(&place.open.document.rope, place.offset)?;
        offer(place, left, it.by.clone(), it.confidence)
    });
    left.take(1).collect()
}

/// Keeps what is about to be shown beside what still is.
fn remember(place: &Place, offers: &[Offer]) {
    let rope = &place.open.document.rope;
    let mut desk = place.open.desk();
    if desk.revision != place.revision {
        return;
    }
    desk.keep_shown(|it| it.left(rope, place.offset).is_some());
    let new = offers
        .iter()
        .map(|it| Shown::new(rope, place.offset, &it.text, it.by.clone(), it.confidence));
    desk.shown.extend(new);
}

fn offer(place: &Place, text: &str, by: Arc<str>, confidence: Option<f32>) -> Option<Offer> {
    let fitted = fit::fit(text, &right_of(&place.open.document, place.offset))?;
    let range = place.offset..place.offset + fitted.covers;
    Some(Offer { text: fitted.text, range, by, confidence })
}

fn distinct(offers: impl Iterator<Item = Offer>, trigger: Trigger) -> Vec<Offer> {
    let most = match trigger {
        Trigger::Automatic => 1,
        Trigger::Invoked => MOST,
    };
    let mut distinct: Vec<Offer> = Vec::with_capacity(most);
    for offer in offers {
        if distinct.len() < most && distinct.iter().all(|it| it.text != offer.text) {
            distinct.push(offer);
        }
    }
    distinct
}

/// The cursor's line behind the cursor.
fn right_of(document: &Document, offset: usize) -> String {
    let line = document.rope.byte_to_line(offset);
    let column = offset - document.rope.line_to_byte(line);
    document.line(line).get_byte_slice(column..).map(|it| it.to_string()).unwrap_or_default()
}

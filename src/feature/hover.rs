//! Hover: what the symbol under the cursor is for. It never makes its user wait: what is known is
//! shown, and what is not is asked for the next time, where the settings allow that.
//!
//! An explanation is kept under the text of the symbol's definition, so it serves every use of it
//! until that text changes.

use std::hash::BuildHasher;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use lru::LruCache;
use rustc_hash::FxBuildHasher;
use rustc_hash::FxHashSet;
use tokio::time::timeout;

use crate::feature::Engine;
use crate::feature::document::Place;
use crate::feature::question;
use crate::prompt::Chat;
use crate::prompt::action::symbol;
use crate::prompt::answer;
use crate::router::need::Feature;
use crate::router::need::Need;
use crate::router::need::Size;
use crate::router::need::Wants;

/// Explanations kept.
const KEPT: NonZeroUsize = NonZeroUsize::new(512).expect("it is more than none");
/// Symbols asked about at a time.
const ASKED: usize = 2;
/// Bytes of a definition that a model sees.
const DEFINITION: usize = 4096;
/// A name defined more often says nothing of which one is meant.
const AMBIGUOUS: usize = 4;
/// Where a document has more lines its definitions are those that the index knows.
const LONG: usize = 3000;

/// When a symbol is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Auto,
    On,
    Cached,
    Off,
}

/// How an editor's user asks for a hover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    Key,
    /// The mouse rests somewhere, perhaps by chance.
    Mouse,
}

/// What a hover shows: Markdown about a range of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub text: String,
    pub range: Range<usize>,
}

/// Symbols that were explained, or are being.
pub struct Explained(Mutex<State>);

struct State {
    known: LruCache<u64, Words, FxBuildHasher>,
    asked: FxHashSet<u64>,
}

#[derive(Clone)]
struct Words {
    text: String,
    by: Arc<str>,
}

/// A symbol and what it is.
pub(super) struct Symbol {
    name: String,
    range: Range<usize>,
    path: String,
    /// From 1.
    line: usize,
    definition: String,
    pub(super) key: u64,
}

impl Engine {
    /// What to show for the symbol at a place. A model is asked behind, and waited for only where
    /// the settings say so.
    pub async fn hover(self: &Arc<Self>, place: &Place, asker: Asker) -> Option<Shown> {
        let options = self.options(place.open.path.as_deref()).hover.clone();
        if options.mode == Mode::Off || self.refusal(&place.open).is_some() {
            return None;
        }
        let symbol = self.symbol(place)?;
        if let Some(words) = self.shared.explained.get(symbol.key) {
            return Some(symbol.shown(&words));
        }
        let asks = match (options.mode, asker) {
            (Mode::On, _) | (Mode::Auto, Asker::Key) => true,
            (Mode::Auto, Asker::Mouse) | (Mode::Cached | Mode::Off, _) => false,
        };
        if !asks {
            return None;
        }
        let need = self.hover_need(place, symbol.definition.len());
        let first = self.models.as_ref()?.router.plan(&need).order.first()?.member;
        let by = self.models.as_ref()?.router.inspect(|it| Arc::clone(&it.members[first].name));
        let (range, line) = (symbol.range.clone(), symbol.line);
        let told = format!("`{}`: {}:{line}; {by} is asked for more", symbol.name, symbol.path);
        if !self.shared.explained.begin(symbol.key) {
            return Some(Shown { text: told, range });
        }
        let key = symbol.key;
        let task = tokio::spawn(Arc::clone(self).explain(symbol, place.clone(), need));
        if options.mode == Mode::On && options.wait > Duration::ZERO {
            _ = timeout(options.wait, task).await;
        }
        let text = self.shared.explained.get(key).map_or(told, |it| it.shown());
        Some(Shown { text, range })
    }

    /// Asks for a symbol, and keeps what is said. It goes on when its hover is gone: it is for the
    /// next.
    async fn explain(self: Arc<Self>, symbol: Symbol, place: Place, need: Need) {
        let asking = Asking { explained: &self.shared.explained, key: symbol.key };
        let Some(models) = &self.models else { return };
        let language = place.open.language_name();
        let chat = symbol.chat(language);
        let files = vec![symbol.path.clone()];
        match question::put(models, need, chat, files, Arc::new(|_| {})).await {
            Ok(said) if !said.text.trim().is_empty() => {
                self.shared.explained.put(asking.key, answer::clean(said.text.trim()), said.by);
            }
            Ok(_) => {}
            Err(refusal) => tracing::debug!(%refusal, "no explanation"),
        }
    }

    fn hover_need(&self, place: &Place, bytes: usize) -> Need {
        let options = self.options(place.open.path.as_deref());
        Need {
            feature: Feature::Hover,
            wants: Wants::Chat,
            size: Size {
                bytes: bytes as u64 + 1000,
                stable: 0.0,
                max_output: symbol::TOKENS,
                output: None,
            },
            document: place.open.number(),
            policy: options.policy.clone(),
            deadline: options.edit.deadline,
            usd: options.hover.usd,
            ahead: None,
            except: Vec::new(),
        }
    }

    /// The symbol at a place, if something here defines it.
    pub(super) fn symbol(&self, place: &Place) -> Option<Symbol> {
        let rope = &place.open.document.rope;
        let (name, range) = word(rope, place.offset)?;
        let own = place.open.path.as_deref();
        let (path, line, definition) =
            self.defined_here(place, &name).or_else(|| self.defined_elsewhere(own, &name))?;
        let definition = definition[..definition.floor_char_boundary(DEFINITION)].to_owned();
        let key = FxBuildHasher.hash_one((&name, &definition));
        Some(Symbol { name, range, path: self.name(&path), line: line + 1, definition, key })
    }

    fn defined_here(&self, place: &Place, name: &str) -> Option<(Arc<Path>, usize, String)> {
        let rope = &place.open.document.rope;
        if rope.len_lines() > LONG {
            return None;
        }
        let tree = self.shared.trees.newest(&place.open.key)?;
        let found = self.shared.syntax.definitions(&tree);
        let mut named = found.into_iter().filter(|it| it.name == name);
        let (only, others) = (named.next()?, named.count());
        let path = place.open.path.clone()?;
        let line = tree.rope().byte_to_line(only.name_range.start);
        (others < AMBIGUOUS).then(|| (path, line, tree.text(only.range)))
    }

    fn defined_elsewhere(
        &self,
        own: Option<&Path>,
        name: &str,
    ) -> Option<(Arc<Path>, usize, String)> {
        let mut places = self.shared.index.symbols().find(name);
        if places.len() > AMBIGUOUS {
            return None;
        }
        places.sort_by_key(|it| Some(&*it.path) != own);
        let place = places.into_iter().next()?;
        let text = self.file_with(&place.path, own)?;
        let definition = text.get(place.range.clone())?.to_owned();
        Some((place.path, place.line, definition))
    }
}

impl Symbol {
    /// What a model is asked about it.
    pub(super) fn chat(&self, language: &str) -> Chat {
        symbol::chat(&self.name, language, &self.path, &self.definition)
    }

    fn shown(&self, words: &Words) -> Shown {
        Shown { text: words.shown(), range: self.range.clone() }
    }
}

impl Words {
    fn shown(&self) -> String {
        format!("{}\n\n*{}*", self.text, self.by)
    }
}

impl Explained {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, key: u64) -> Option<Words> {
        self.state().known.get(&key).cloned()
    }

    /// Keeps what was said of a symbol.
    pub(super) fn put(&self, key: u64, text: String, by: Arc<str>) {
        self.state().known.put(key, Words { text, by });
    }

    /// Whether it is for the caller to ask.
    fn begin(&self, key: u64) -> bool {
        let mut state = self.state();
        state.asked.len() < ASKED && state.asked.insert(key)
    }
}

impl Default for Explained {
    fn default() -> Self {
        let known = LruCache::with_hasher(KEPT, FxBuildHasher);
        Self(Mutex::new(State { known, asked: FxHashSet::default() }))
    }
}

/// Somebody is being asked, until this is dropped.
struct Asking<'a> {
    explained: &'a Explained,
    key: u64,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.explained.state().asked.remove(&self.key);
    }
}

/// The word at an offset, where it begins and ends.
fn word(rope: &ropey::Rope, offset: usize) -> Option<(String, Range<usize>)> {
    let is_word = |it: char| it.is_alphanumeric() || it == '_';
    let line = rope.byte_to_line(offset);
    let start = rope.line_to_byte(line);
    let text = rope.line(line).to_string();
    let (before, after) = text.split_at_checked(offset - start)?;
    let from = before.len() - before.trim_end_matches(|it| !is_word(it)).len();
    // A cursor behind a word is still at it, one behind a blank is not.
    if from > 0 && !after.starts_with(is_word) {
        return None;
    }
    let head = before.len() - before.trim_end_matches(is_word).len();
    let tail = after.len() - after.trim_start_matches(is_word).len();
    let name = format!("{}{}", &before[before.len() - head..], &after[..tail]);
    let first = name.chars().next()?;
    (!first.is_numeric()).then_some((name, offset - head..offset + tail))
}

//! All configured models in the groups of the settings, with the state of each.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lru::LruCache;

use crate::models::catalog::class::ModelClass;
use crate::models::catalog::policy::PolicyAnswer;
use crate::models::price::Price;
use crate::provider::Target;
use crate::provider::next_edit::EditFormat;
use crate::router::health::Health;
use crate::router::latency;
use crate::router::spec::Feature;
use crate::usage::record::{SpendingCaps, SpendingLimit};

/// How long providers cache the start of a prompt after its last use.
const WARM: Duration = Duration::from_mins(5);
/// Documents whose last targets are remembered.
const DOCUMENTS: NonZeroUsize = NonZeroUsize::new(256).expect("it is not zero");
/// Weight of a new answer in a feature's usual length.
const WEIGHT: f64 = 0.05;

/// A target with everything that routing depends on.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub target: Arc<Target>,
    /// Stands for name, URL and key: measurements are valid as long as it is the same.
    pub identity: u64,
    pub has_key: bool,
    /// Whether it is a fill-in-the-middle model.
    pub fills: bool,
    pub chats: bool,
    /// Whether `route.complete` names it: it then completes in any place, even if it only chats.
    pub completes: bool,
    pub class: ModelClass,
    /// Context window in tokens, prompt and answer together, if known.
    pub context_length: Option<u32>,
    pub bytes_per_token: f64,
    /// `None` if unknown.
    pub price: Option<Arc<Price>>,
    /// It runs on the user's machine.
    pub is_local: bool,
    /// Whether it answers from a web search, and so completes no code.
    pub searches: bool,
    /// Whether it reasons at length before every answer, and so is too slow while the user types.
    pub reasons: bool,
    /// Tokens of reasoning that it may add to an answer at its lowest setting.
    pub thoughts: u32,
    /// The daily quota of a subscription or free tier. Within it, calls are free.
    pub included: Option<SpendingLimit>,
    pub caps: SpendingCaps,
    pub trains: PolicyAnswer,
    /// The user allows it although its provider may train on requests.
    pub is_named: bool,
    /// It continues, and bills, after its stream is closed.
    pub bills_on: bool,
    /// It answers completions only after all other models, unless the route places it.
    pub is_last: bool,
}

/// How candidates are ordered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoutingOptions {
    pub prefer: Prefer,
    /// Dollars that one second less of waiting is worth.
    pub a_second: f64,
    pub learning: Learning,
    pub spill: Spill,
}

/// The order within a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefer {
    Cheapest,
    Fastest,
    Listed,
}

/// Whether accepted suggestions make a model count as cheaper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learning {
    On,
    Off,
}

/// Whether later groups answer when earlier ones cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spill {
    Allowed,
    Never,
}

/// Candidates in groups, best first, as indexes into the pool.
pub type Groups = Vec<Vec<usize>>;

#[derive(Debug)]
pub struct ModelPool {
    pub candidates: Arc<[Arc<Candidate>]>,
    /// One per candidate.
    pub health: Vec<Health>,
    pub options: RoutingOptions,
    routes: [Groups; Feature::ALL.len()],
    outputs: [f64; Feature::ALL.len()],
    documents: LruCache<u64, Visits>,
}

/// The targets that answered in a document.
#[derive(Clone, Debug, Default)]
struct Visits {
    last: usize,
    warm: Vec<(usize, Instant)>,
}

impl Candidate {
    /// `provider/model`.
    pub fn name(&self) -> &Arc<str> {
        &self.target.name
    }

    pub fn provider(&self) -> &str {
        &self.target.provider.name
    }

    pub fn model(&self) -> &str {
        &self.target.model.id
    }

    /// Stands for its settings in the ledger.
    pub fn settings(&self) -> String {
        format!("{:016x}", self.identity)
    }

    /// Whether it was trained to suggest the next edit.
    pub fn is_edit_model(&self) -> bool {
        self.target.model.edits.is_some_and(EditFormat::is_native)
    }

    /// Whether it can be asked for the next edit.
    pub fn edits(&self) -> bool {
        self.is_edit_model() || self.chats && self.target.model.edits.is_some()
    }

    /// Assumed time to its first token before any measurement.
    pub fn usual_first_token(&self) -> Duration {
        if self.fills { latency::FILL } else { latency::CHAT }
    }

    /// Whether it costs nothing: a local server without a price in the settings. A gateway on this machine
    /// may have one.
    pub fn is_free(&self) -> bool {
        self.is_local && self.price.as_ref().is_none_or(|it| it.is_free())
    }
}

/// Candidates with the same target are equal.
impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.identity == other.identity && self.name() == other.name()
    }
}

impl Default for RoutingOptions {
    fn default() -> Self {
        Self {
            prefer: Prefer::Cheapest,
            a_second: 0.002,
            learning: Learning::On,
            spill: Spill::Allowed,
        }
    }
}

impl ModelPool {
    /// A pool with the given routes. Features without a route use the classes of the models.
    pub fn new(
        candidates: Vec<Candidate>,
        options: RoutingOptions,
        mut route: impl FnMut(Feature) -> Option<Groups>,
    ) -> Self {
        let routes = Feature::ALL.map(|it| {
            let mut groups = route(it).unwrap_or_else(|| by_class(it, &candidates));
            groups.extend(last(it, &candidates, &groups));
            groups.iter_mut().for_each(|group| group.retain(|it| *it < candidates.len()));
            groups
        });
        Self {
            health: candidates.iter().map(|_| Health::default()).collect(),
            candidates: candidates.into_iter().map(Arc::new).collect(),
            options,
            routes,
            outputs: Feature::ALL.map(Feature::usual_output),
            documents: LruCache::new(DOCUMENTS),
        }
    }

    /// Takes over measurements of targets that are unchanged.
    pub fn inherit(&mut self, old: &Self) {
        for (candidate, health) in self.candidates.iter().zip(&mut self.health) {
            let place = old.candidates.iter().position(|it| it.identity == candidate.identity);
            if let Some(place) = place {
                *health = old.health[place].across_reload();
            }
        }
        self.outputs = old.outputs;
    }

    pub fn groups(&self, feature: Feature) -> &Groups {
        &self.routes[feature as usize]
    }

    pub fn find(&self, name: &str) -> Option<usize> {
        self.candidates.iter().position(|it| &**it.name() == name)
    }

    /// Usual tokens of an answer for this feature.
    pub fn usual_output(&self, feature: Feature) -> f64 {
        self.outputs[feature as usize]
    }

    /// Records the tokens of an answer.
    pub fn on_output(&mut self, feature: Feature, tokens: u64) {
        let usual = &mut self.outputs[feature as usize];
        *usual += WEIGHT * (tokens as f64 - *usual);
    }

    /// Whether this candidate answered last in a document, and whether its cache is warm there.
    pub fn visited(&self, document: u64, candidate: usize, now: Instant) -> (bool, bool) {
        let Some(visits) = self.documents.peek(&document) else { return (false, false) };
        let warm = visits.warm.iter().find(|(it, _)| *it == candidate);
        let is_warm = warm.is_some_and(|(_, at)| now.saturating_duration_since(*at) < WARM);
        (visits.last == candidate, is_warm)
    }

    /// Records that a candidate answered in a document.
    pub fn visit(&mut self, document: u64, candidate: usize, now: Instant) {
        let visits = self.documents.get_or_insert_mut(document, Visits::default);
        visits.last = candidate;
        visits
            .warm
            .retain(|(it, at)| *it != candidate && now.saturating_duration_since(*at) < WARM);
        visits.warm.push((candidate, now));
    }
}

/// Groups without a route in the settings. Completions: small fill-in-the-middle models, then medium ones,
/// then chat models by their value. Edits: large models, then medium ones; small models never edit. Next
/// edits: models that were trained for them and are free. An unknown class counts as medium.
fn by_class(feature: Feature, candidates: &[Candidate]) -> Groups {
    let of = |fits: &dyn Fn(&Candidate) -> bool| -> Vec<usize> {
        (0..candidates.len()).filter(|it| fits(&candidates[*it])).collect()
    };
    let is_medium = |it: &Candidate| matches!(it.class, ModelClass::Medium | ModelClass::Unknown);
    let small = of(&|it| it.class == ModelClass::Small && it.chats);
    let medium = of(&|it| is_medium(it) && it.chats);
    let is_up_to_medium = |it: &Candidate| it.class == ModelClass::Small || is_medium(it);
    let large = of(&|it| it.class == ModelClass::Large && it.chats);
    // By the quality that independent measurements found.
    let of_format = [EditFormat::Mercury, EditFormat::Zeta21, EditFormat::Zeta2, EditFormat::Sweep];
    match feature {
        Feature::Complete => vec![
            of(&|it| it.class == ModelClass::Small && it.fills && !it.is_last),
            of(&|it| is_medium(it) && it.fills && !it.is_last),
            of(&|it| is_up_to_medium(it) && !it.fills && it.chats),
            large,
        ],
        Feature::Edit => vec![large, medium],
        Feature::Explain | Feature::Hover => vec![medium, small, large],
        Feature::NextEdit => of_format.map(|it| of(&|candidate| edits_free(candidate, it))).into(),
    }
}

/// The group of the models that answer after all others, except those that the route places.
fn last(feature: Feature, candidates: &[Candidate], groups: &Groups) -> Option<Vec<usize>> {
    let is_left =
        |it: &usize| candidates[*it].is_last && !groups.iter().flatten().any(|at| at == it);
    let group: Vec<usize> = (0..candidates.len()).filter(is_left).collect();
    (feature == Feature::Complete && !group.is_empty()).then_some(group)
}

/// Whether a model suggests next edits in this format and costs nothing.
fn edits_free(candidate: &Candidate, format: EditFormat) -> bool {
    candidate.is_free() && candidate.target.model.edits == Some(format)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::router::tests::candidate;

    fn classes() -> Vec<Candidate> {
        let of =
            |name: &str, class, fills, chats| Candidate { class, fills, chats, ..candidate(name) };
        vec![
            of("a/small-fim", ModelClass::Small, true, false),
            of("a/small-chat", ModelClass::Small, false, true),
            of("a/medium", ModelClass::Medium, true, true),
            of("a/unknown", ModelClass::Unknown, false, true),
            of("a/large", ModelClass::Large, false, true),
        ]
    }

    #[test]
    fn without_a_route_small_models_complete_and_large_ones_edit() {
        let pool = ModelPool::new(classes(), RoutingOptions::default(), |_| None);
        assert_eq!(*pool.groups(Feature::Complete), [vec![0], vec![2], vec![1, 3], vec![4]]);
        assert_eq!(*pool.groups(Feature::Edit), [vec![4], vec![2, 3]]);
        assert_eq!(*pool.groups(Feature::Explain), [vec![2, 3], vec![1], vec![4]]);
        assert_eq!(*pool.groups(Feature::Hover), [vec![2, 3], vec![1], vec![4]]);
    }

    #[test]
    fn the_built_in_model_completes_after_all_others_unless_a_route_places_it() {
        let mut candidates = classes();
        candidates.insert(0, Candidate { is_last: true, chats: false, ..candidate("built-in/a") });
        let pool = ModelPool::new(candidates.clone(), RoutingOptions::default(), |_| None);
        let groups = [vec![1], vec![3], vec![2, 4], vec![5], vec![0]];
        assert_eq!(*pool.groups(Feature::Complete), groups);
        assert_eq!(*pool.groups(Feature::Edit), [vec![5], vec![3, 4]]);
        let route = |groups: Groups| {
            let candidates = candidates.clone();
            let of = move |it| (it == Feature::Complete).then(|| groups.clone());
            let pool = ModelPool::new(candidates, RoutingOptions::default(), of);
            pool.groups(Feature::Complete).clone()
        };
        assert_eq!(route(vec![vec![5]]), [vec![5], vec![0]]);
        assert_eq!(route(vec![vec![0], vec![5]]), [vec![0], vec![5]]);
    }

    #[test]
    fn a_reload_keeps_what_was_learned_of_those_who_stay() {
        let now = Instant::now();
        let mut old = ModelPool::new(classes(), RoutingOptions::default(), |_| None);
        (0..3).for_each(|_| old.health[4].breaker.on_failure(now));
        let mut candidates = classes();
        candidates.remove(0);
        candidates[0].identity += 1;
        let mut new = ModelPool::new(candidates, RoutingOptions::default(), |_| None);
        new.inherit(&old);
        assert_eq!(new.health[3].breaker, old.health[4].breaker);
        assert_ne!(new.health[2].breaker, old.health[4].breaker);
    }

    #[test]
    fn a_cache_is_warm_for_five_minutes_where_its_target_answered() {
        let now = Instant::now();
        let mut pool = ModelPool::new(classes(), RoutingOptions::default(), |_| None);
        pool.visit(7, 1, now);
        pool.visit(7, 2, now + WARM / 2);
        assert_eq!(pool.visited(7, 1, now + WARM / 2), (false, true));
        assert_eq!(pool.visited(7, 2, now + WARM), (true, true));
        assert_eq!(pool.visited(7, 1, now + WARM), (false, false));
        assert_eq!(pool.visited(8, 2, now), (false, false));
    }
}

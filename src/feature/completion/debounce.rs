//! How long to wait for a pause in typing before a request that costs money.
//!
//! Pure. A key in the middle of a burst is followed by another before a model can answer, so the wait is for
//! the end of the burst. The user's own rhythm of typing shows when that is. A burst ends more often behind a
//! word than within it. The wait is longer after rejected suggestions, and for a slow model, where it is
//! hardly noticed.

use std::time::Duration;

/// Number of gaps that are remembered, and the longest that counts. A longer gap is a pause to think.
const GAPS: usize = 24;
const THOUGHT: Duration = Duration::from_millis(600);
/// The gap assumed until enough keys are measured.
const USUAL: Duration = Duration::from_millis(140);
/// The most rejected suggestions in a row that lengthen the wait.
const MOST_TURNED_DOWN: u32 = 3;

/// How long to wait for a pause in typing before a request that costs money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Debounce {
    Adaptive,
    Fixed(Duration),
}

/// Whether the user prefers more suggestions or lower costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eagerness {
    Low,
    Medium,
    High,
}

impl Eagerness {
    /// The least probability of a model's suggestion that is shown while the user types.
    pub fn least(self) -> f32 {
        match self {
            Self::Low => 0.5,
            Self::Medium => 0.3,
            Self::High => 0.0,
        }
    }
}

/// The gaps between the last keys.
#[derive(Clone, Debug, Default)]
pub struct Rhythm {
    gaps: Vec<Duration>,
    next: usize,
}

/// Time to the first token of the model that will be queried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// A fill-in-the-middle model; `None` if it was not measured yet.
    Fills(Option<Duration>),
    /// A chat model. It starts to answer so late that a suggestion for the middle of a burst is typed over
    /// before it arrives. The wait is for the end of the burst.
    Chats(Duration),
}

/// What a pause depends on.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Only whitespace precedes the cursor on its line.
    pub at_line_start: bool,
    /// The cursor follows a word character.
    pub in_word: bool,
    /// The 80th percentile of the gaps between keys.
    pub usual: Option<Duration>,
    pub answers: Answers,
    /// Suggestions rejected since the last accepted one.
    pub turned_down: u32,
}

impl Rhythm {
    /// A key was pressed this long after the one before.
    pub fn key(&mut self, gap: Duration) {
        if gap > THOUGHT {
            return;
        }
        match self.gaps.get_mut(self.next) {
            Some(it) => *it = gap,
            None => self.gaps.push(gap),
        }
        self.next = (self.next + 1) % GAPS;
    }

    /// The 80th percentile of the gaps; `None` with fewer than `GAPS / 3` of them.
    pub fn usual(&self) -> Option<Duration> {
        let mut sorted = self.gaps.clone();
        sorted.sort_unstable();
        let is_enough = sorted.len() >= GAPS / 3;
        sorted.get(sorted.len() * 4 / 5).copied().filter(|_| is_enough)
    }
}

/// The longest pause before a request to a chat model, in milliseconds.
const SLOWEST: u64 = 800;

/// How long to wait after the last key.
pub fn pause(debounce: Debounce, eagerness: Eagerness, facts: Facts) -> Duration {
    match debounce {
        Debounce::Fixed(pause) => return pause,
        Debounce::Adaptive => {}
    }
    let chats = matches!(facts.answers, Answers::Chats(_));
    // At the start of a line the user thinks anyway, so only low eagerness and chat models wait there.
    if facts.at_line_start && eagerness != Eagerness::Low && !chats {
        return Duration::ZERO;
    }
    let (share, least, most) = match (chats, eagerness) {
        (false, Eagerness::High) => (0.1, 0, 75),
        (false, Eagerness::Medium) => (0.25, 30, 150),
        (false, Eagerness::Low) => (1.1, 100, 400),
        (true, Eagerness::High) => (0.5, 75, 150),
        (true, Eagerness::Medium) => (1.1, 100, 300),
        (true, Eagerness::Low) => (1.5, 200, 500),
    };
    let usual = facts.usual.unwrap_or(USUAL).as_secs_f64();
    // A chat model is queried at the end of a burst of keys, and a burst does not end with each word.
    let position = if facts.in_word || chats && !facts.at_line_start { 1.0 } else { 0.7 };
    let turned_down = 1.0 + 0.2 * f64::from(facts.turned_down.min(MOST_TURNED_DOWN));
    let slow = match facts.answers {
        Answers::Fills(first_token) => first_token.map_or(0.0, |it| it.as_secs_f64() / 4.0),
        Answers::Chats(first_token) => first_token.as_secs_f64() / 4.0,
    };
    let pause = (share * usual * position * turned_down).max(share * slow);
    let pause = Duration::from_secs_f64(pause);
    // The keys of a slow typist are further apart than the usual limit.
    let most = match facts.usual.filter(|_| chats) {
        Some(usual) => most.max((share * usual.as_secs_f64() * 1000.0) as u64).min(SLOWEST),
        None => most,
    };
    pause.clamp(Duration::from_millis(least), Duration::from_millis(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(it: u64) -> Duration {
        Duration::from_millis(it)
    }

    const FACTS: Facts = Facts {
        at_line_start: false,
        in_word: true,
        usual: None,
        answers: Answers::Fills(None),
        turned_down: 0,
    };

    fn medium(facts: Facts) -> Duration {
        pause(Debounce::Adaptive, Eagerness::Medium, facts)
    }

    #[test]
    fn a_fixed_pause_never_changes_and_the_start_of_a_line_has_none() {
        let at_start = Facts { at_line_start: true, ..FACTS };
        assert_eq!(pause(Debounce::Fixed(millis(7)), Eagerness::Low, at_start), millis(7));
        assert_eq!(medium(at_start), Duration::ZERO);
        assert_ne!(pause(Debounce::Adaptive, Eagerness::Low, at_start), Duration::ZERO);
    }

    #[test]
    fn the_pause_follows_the_usual_gap_between_keys() {
        let of = |usual| medium(Facts { usual: Some(usual), ..FACTS });
        assert_eq!([of(millis(30)), of(millis(140)), of(millis(900))], [30, 35, 150].map(millis));
        let behind = Facts { in_word: false, usual: Some(millis(200)), ..FACTS };
        assert_eq!(medium(behind), millis(35));
    }

    #[test]
    fn the_pause_is_longer_after_rejected_suggestions_and_for_slow_models() {
        let facts = Facts { usual: Some(millis(200)), ..FACTS };
        assert_eq!(medium(Facts { turned_down: 2, ..facts }), millis(70));
        assert_eq!(medium(Facts { turned_down: 50, ..facts }), millis(80));
        let of = |answers| medium(Facts { answers, ..facts });
        assert_eq!(of(Answers::Fills(Some(millis(1200)))), millis(75));
    }

    #[test]
    fn a_chat_model_is_queried_at_the_end_of_a_burst() {
        let of = |facts: Facts, first_token, eagerness| {
            let answers = Answers::Chats(millis(first_token));
            pause(Debounce::Adaptive, eagerness, Facts { answers, ..facts })
        };
        let facts = Facts { usual: Some(millis(200)), ..FACTS };
        assert_eq!(of(facts, 600, Eagerness::Medium), millis(220));
        assert_eq!(of(facts, 1000, Eagerness::Medium), millis(275));
        assert_eq!(of(facts, 600, Eagerness::High), millis(100));
        assert_eq!(of(facts, 600, Eagerness::Low), millis(300));
        let at_start = Facts { at_line_start: true, in_word: false, ..facts };
        assert_eq!(of(at_start, 600, Eagerness::Medium), millis(165));
        let behind_word = Facts { in_word: false, ..facts };
        assert_eq!(of(behind_word, 600, Eagerness::Medium), millis(220));
        for (usual, pause) in [(400, 440), (2000, 800)] {
            let slow = Facts { usual: Some(millis(usual)), ..facts };
            assert_eq!(of(slow, 600, Eagerness::Medium), millis(pause), "{usual}");
        }
    }

    #[test]
    fn higher_eagerness_shortens_the_pause() {
        let of = |eagerness| pause(Debounce::Adaptive, eagerness, FACTS);
        let all = [Eagerness::High, Eagerness::Medium, Eagerness::Low].map(of);
        assert_eq!(all, [14, 35, 154].map(millis));
    }

    #[test]
    fn the_usual_gap_is_the_80th_percentile_and_ignores_pauses_to_think() {
        let mut rhythm = Rhythm::default();
        (1..8).for_each(|it| rhythm.key(millis(10 * it)));
        assert_eq!(rhythm.usual(), None);
        (8..=10).for_each(|it| rhythm.key(millis(10 * it)));
        rhythm.key(millis(5000));
        assert_eq!(rhythm.usual(), Some(millis(90)));
        (0..GAPS).for_each(|_| rhythm.key(millis(200)));
        assert_eq!(rhythm.usual(), Some(millis(200)));
    }
}

//! How long a pause in typing is waited for before money is spent.
//!
//! Pure. A key in the middle of a burst is followed by another before anybody could answer: what is
//! worth waiting for is the end of the burst, and when that is, the user's own rhythm says. Behind a
//! word a burst ends more often than within it; who has just turned down a suggestion or two is in no
//! hurry for the next; and where an answer takes long anyhow, some more waiting is hardly seen.

use std::time::Duration;

/// What a rhythm is taken from: so many gaps, none of them a thought.
const GAPS: usize = 24;
const THOUGHT: Duration = Duration::from_millis(600);
/// The rhythm of somebody who has not typed yet.
const USUAL: Duration = Duration::from_millis(140);
/// Suggestions turned down in a row, at most, that make one wait longer.
const MOST_TURNED_DOWN: u32 = 3;

/// How long a pause in typing is waited for before money is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Debounce {
    Adaptive,
    Fixed(Duration),
}

/// Whether its user would rather have more suggestions, or pay for fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eagerness {
    Low,
    Medium,
    High,
}

/// How somebody types: the gaps between the last keys.
#[derive(Clone, Debug, Default)]
pub struct Rhythm {
    gaps: Vec<Duration>,
    next: usize,
}

/// How soon the model that will be asked begins to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// A model that fills holes, as far as it was asked before.
    Fills(Option<Duration>),
    /// A model that chats. It takes so long to begin that a suggestion for the middle of a burst is typed over
    /// before it comes: the end of the burst is waited for.
    Chats(Duration),
}

/// What a pause depends on.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Only blanks stand before the cursor on its line.
    pub at_line_start: bool,
    /// The cursor stands behind a character of a word.
    pub in_word: bool,
    /// What most gaps between keys stay under.
    pub usual: Option<Duration>,
    pub answers: Answers,
    /// Suggestions turned down since the last that was taken.
    pub turned_down: u32,
}

impl Rhythm {
    /// A key came so long after the one before.
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

    /// What four of five gaps stay under.
    pub fn usual(&self) -> Option<Duration> {
        let mut sorted = self.gaps.clone();
        sorted.sort_unstable();
        let is_enough = sorted.len() >= GAPS / 3;
        sorted.get(sorted.len() * 4 / 5).copied().filter(|_| is_enough)
    }
}

/// A pause before a chat model is asked is never longer, in milliseconds.
const SLOWEST: u64 = 800;

/// How long is waited from the last key on.
pub fn pause(debounce: Debounce, eagerness: Eagerness, facts: Facts) -> Duration {
    match debounce {
        Debounce::Fixed(pause) => return pause,
        Debounce::Adaptive => {}
    }
    let chats = matches!(facts.answers, Answers::Chats(_));
    // Where a line begins its user thinks anyhow; only who would rather save waits there too.
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
    // A chat model is asked when a burst of keys ends, and a burst does not end with each word.
    let where_it_is = if facts.in_word || chats && !facts.at_line_start { 1.0 } else { 0.7 };
    let turned_down = 1.0 + 0.2 * f64::from(facts.turned_down.min(MOST_TURNED_DOWN));
    let slow = match facts.answers {
        Answers::Fills(first_token) => first_token.map_or(0.0, |it| it.as_secs_f64() / 4.0),
        Answers::Chats(first_token) => first_token.as_secs_f64() / 4.0,
    };
    let pause = (share * usual * where_it_is * turned_down).max(share * slow);
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
    fn a_fixed_pause_is_just_that_and_a_lines_start_waits_for_nothing() {
        let at_start = Facts { at_line_start: true, ..FACTS };
        assert_eq!(pause(Debounce::Fixed(millis(7)), Eagerness::Low, at_start), millis(7));
        assert_eq!(medium(at_start), Duration::ZERO);
        assert_ne!(pause(Debounce::Adaptive, Eagerness::Low, at_start), Duration::ZERO);
    }

    #[test]
    fn the_end_of_a_burst_is_waited_for_as_long_as_bursts_have_gaps() {
        let of = |usual| medium(Facts { usual: Some(usual), ..FACTS });
        assert_eq!([of(millis(30)), of(millis(140)), of(millis(900))], [30, 35, 150].map(millis));
        let behind = Facts { in_word: false, usual: Some(millis(200)), ..FACTS };
        assert_eq!(medium(behind), millis(35));
    }

    #[test]
    fn who_turns_suggestions_down_or_waits_for_an_answer_anyhow_is_waited_for_longer() {
        let facts = Facts { usual: Some(millis(200)), ..FACTS };
        assert_eq!(medium(Facts { turned_down: 2, ..facts }), millis(70));
        assert_eq!(medium(Facts { turned_down: 50, ..facts }), millis(80));
        let of = |answers| medium(Facts { answers, ..facts });
        assert_eq!(of(Answers::Fills(Some(millis(1200)))), millis(75));
    }

    #[test]
    fn for_a_model_that_chats_the_end_of_a_burst_is_waited_for() {
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
    fn the_eager_wait_less_and_the_others_longer() {
        let of = |eagerness| pause(Debounce::Adaptive, eagerness, FACTS);
        let all = [Eagerness::High, Eagerness::Medium, Eagerness::Low].map(of);
        assert_eq!(all, [14, 35, 154].map(millis));
    }

    #[test]
    fn a_rhythm_is_what_most_of_the_last_gaps_stay_under_and_no_thought() {
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

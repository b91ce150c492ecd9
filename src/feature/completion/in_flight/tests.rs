use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;

use super::*;
use crate::text::Document;

const SPARE: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(1);

/// A document with a call for its end on the way, which says what it is told to.
struct World {
    document: Document,
    flight: Arc<InFlight>,
    seat: Option<Subscriber>,
    voice: PartialPublisher,
    end: Option<oneshot::Sender<InFlightState>>,
    gone: Arc<AtomicBool>,
}

struct Gone(Arc<AtomicBool>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl World {
    fn new() -> Self {
        let document = Document::new("    let a = ", 0, "rust");
        let anchor = Anchor::new(&document.rope, document.rope.len_bytes());
        let (end, ended) = oneshot::channel();
        let gone = Arc::new(AtomicBool::new(false));
        let (there, mut voice) = (Gone(Arc::clone(&gone)), None);
        let (flight, seat) = InFlight::launch(anchor, 0, SPARE, |teller| {
            voice = Some(teller.voice());
            async move {
                let _there = there;
                if let Ok(state) = ended.await {
                    teller.end(state);
                }
            }
        });
        let (seat, voice, end) = (Some(seat), voice.unwrap(), Some(end));
        Self { document, flight, seat, voice, end, gone }
    }

    fn cursor(&self) -> usize {
        self.document.rope.len_bytes()
    }

    /// Types at the end; says whether something may come of the call.
    fn types(&mut self, text: &str) -> bool {
        let at = self.cursor();
        let edit = self.document.replace(at..at, text);
        self.flight.edited(&edit, &self.document.rope)
    }

    fn back(&mut self) {
        let at = self.cursor();
        let edit = self.document.replace(at - 1..at, "");
        self.flight.edited(&edit, &self.document.rope);
    }

    fn board(&self) -> Option<Subscriber> {
        self.flight.board(&self.document.rope, self.cursor())
    }

    fn say(&self, said: &str) {
        self.voice.say(said.to_owned());
    }

    fn end(&mut self, text: &str) {
        let text = ReceivedText { text: text.to_owned(), covers: 0, by: "a".into(), call: None };
        self.end.take().unwrap().send(InFlightState::Said(text)).unwrap();
    }

    async fn is_gone_after(&self, wait: Duration) -> bool {
        tokio::time::sleep(wait - TICK).await;
        assert!(!self.gone.load(Ordering::Relaxed), "it ended too soon");
        tokio::time::sleep(2 * TICK).await;
        self.gone.load(Ordering::Relaxed)
    }
}

fn text(rest: Remainder) -> Option<String> {
    match rest {
        Remainder::Text(text) => Some(text.text),
        Remainder::Nothing | Remainder::Failed(_) | Remainder::Other => None,
    }
}

#[tokio::test(start_paused = true)]
async fn who_types_on_gets_what_is_left() {
    let mut world = World::new();
    assert!(world.types("fo"));
    let second = world.board().unwrap();
    world.seat = None;
    world.say("foo(");
    assert!(world.types("o"));
    let third = world.board().unwrap();
    world.end("foo(bar)");
    assert_eq!(text(second.rest().await).as_deref(), Some("o(bar)"));
    assert_eq!(text(third.rest().await).as_deref(), Some("(bar)"));
    drop((second, third));
    tokio::time::sleep(10 * PATIENCE).await;
    assert!(world.types("("));
    assert_eq!(text(world.board().unwrap().rest().await).as_deref(), Some("bar)"));
}

#[tokio::test(start_paused = true)]
async fn as_soon_as_it_says_something_else_its_seats_are_free() {
    let mut world = World::new();
    world.types("x");
    let seat = world.board().unwrap();
    world.say("foo(");
    assert_eq!(seat.rest().await, Remainder::Other);
    assert!(world.board().is_none());
    drop(seat);
    world.seat = None;
    assert!(world.is_gone_after(SPARE).await);
    assert!(world.flight.is_over());
}

#[tokio::test(start_paused = true)]
async fn a_slip_taken_back_finds_it_still_on_its_way() {
    let mut world = World::new();
    world.say("foo");
    world.seat = None;
    world.types("g");
    assert!(world.board().is_none());
    tokio::time::sleep(SPARE - TICK).await;
    world.back();
    let seat = world.board().unwrap();
    world.end("foo()");
    assert_eq!(text(seat.rest().await).as_deref(), Some("foo()"));
}

#[tokio::test(start_paused = true)]
async fn it_goes_on_for_a_moment_with_nobody_in_it() {
    let mut world = World::new();
    world.seat = None;
    assert!(world.is_gone_after(PATIENCE).await);
}

#[tokio::test(start_paused = true)]
async fn what_stood_behind_it_already_was_not_typed() {
    let mut world = World::new();
    let edit = world.document.replace(world.cursor()..world.cursor(), "\n    b();\n");
    let anchor = Anchor::new(&world.document.rope, edit.start);
    let (flight, _seat) = InFlight::launch(anchor, 0, SPARE, |teller| async move {
        std::future::pending::<()>().await;
        drop(teller);
    });
    assert!(flight.board(&world.document.rope, world.cursor() - 1).is_none());
    assert!(flight.board(&world.document.rope, edit.start).is_some());
}

#[tokio::test(start_paused = true)]
async fn what_is_edited_before_it_makes_it_another() {
    let mut world = World::new();
    let edit = world.document.replace(8..9, "b");
    assert!(world.flight.edited(&edit, &world.document.rope));
    assert!(world.board().is_none());
    world.types("x");
    let edit = world.document.replace(0..world.cursor(), "b");
    assert!(!world.flight.edited(&edit, &world.document.rope));
}

#[tokio::test(start_paused = true)]
async fn one_that_ends_without_a_word_is_waited_for_by_nobody() {
    let mut world = World::new();
    world.end = None;
    assert_eq!(world.seat.take().unwrap().rest().await, Remainder::Other);
    let world = World::new();
    let World { flight, seat, gone, .. } = world;
    drop((flight, seat));
    tokio::task::yield_now().await;
    assert!(gone.load(Ordering::Relaxed));
}

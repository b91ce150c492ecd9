use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;

use super::*;
use crate::text::Document;

const LINGER: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(1);

/// A document with a running call for its end. The test controls what the call returns.
struct World {
    document: Document,
    flight: Arc<InFlight>,
    subscriber: Option<Subscriber>,
    publisher: Publisher,
    end: Option<oneshot::Sender<InFlightState>>,
    aborted: Arc<AtomicBool>,
}

struct SetOnDrop(Arc<AtomicBool>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl World {
    fn new() -> Self {
        let document = Document::new("    let a = ", 0, "rust");
        let anchor = Anchor::new(&document.rope, document.rope.len_bytes());
        let (end, ended) = oneshot::channel();
        let aborted = Arc::new(AtomicBool::new(false));
        let guard = SetOnDrop(Arc::clone(&aborted));
        let publisher = Publisher::default();
        let call = async move {
            let _guard = guard;
            ended.await.unwrap_or(InFlightState::Dropped)
        };
        let (flight, subscriber) = InFlight::launch(anchor, 0, LINGER, publisher.clone(), call);
        let (subscriber, end) = (Some(subscriber), Some(end));
        Self { document, flight, subscriber, publisher, end, aborted }
    }

    fn cursor(&self) -> usize {
        self.document.rope.len_bytes()
    }

    /// Types at the end. Returns whether the call is still useful.
    fn types(&mut self, text: &str) -> bool {
        let at = self.cursor();
        let edit = self.document.replace(at..at, text);
        self.flight.edited(&edit, &self.document.rope)
    }

    fn backspace(&mut self) {
        let at = self.cursor();
        let edit = self.document.replace(at - 1..at, "");
        self.flight.edited(&edit, &self.document.rope);
    }

    fn subscribe(&self) -> Option<Subscriber> {
        self.flight.subscribe(&self.document.rope, self.cursor())
    }

    fn publish(&self, text: &str) {
        self.publisher.publish(text.to_owned());
    }

    fn end(&mut self, text: &str) {
        self.end.take().unwrap().send(InFlightState::Received(received(text))).unwrap();
    }

    async fn is_aborted_after(&self, wait: Duration) -> bool {
        tokio::time::sleep(wait - TICK).await;
        assert!(!self.aborted.load(Ordering::Relaxed), "the call ended too soon");
        tokio::time::sleep(2 * TICK).await;
        self.aborted.load(Ordering::Relaxed)
    }
}

fn received(text: &str) -> ReceivedText {
    let (text, certainty) = (text.to_owned(), Certainty::default());
    ReceivedText { text, certainty, covers: 0, by: "a".into(), call: None }
}

fn text(rest: Remainder) -> Option<String> {
    match rest {
        Remainder::Text(text) => Some(text.text),
        Remainder::Beginning(_) | Remainder::Nothing | Remainder::Failed(_) | Remainder::Other => {
            None
        }
    }
}

#[tokio::test(start_paused = true)]
async fn later_requests_get_the_rest_of_a_running_call() {
    let mut world = World::new();
    assert!(world.types("fo"));
    let second = world.subscribe().unwrap();
    world.subscriber = None;
    world.publish("foo(");
    assert!(world.types("o"));
    let third = world.subscribe().unwrap();
    world.end("foo(bar)");
    assert_eq!(text(second.rest().await).as_deref(), Some("o(bar)"));
    assert_eq!(text(third.rest().await).as_deref(), Some("(bar)"));
    drop((second, third));
    tokio::time::sleep(10 * GRACE).await;
    assert!(world.types("("));
    assert_eq!(text(world.subscribe().unwrap().rest().await).as_deref(), Some("bar)"));
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_beginning_was_shown_continues_while_the_user_reads() {
    let mut world = World::new();
    world.publish("foo(bar");
    world.publisher.publish_beginning(received("foo("));
    world.publisher.publish_beginning(received("other"));
    world.publish("foo(bar, b");
    let first = world.subscriber.take().unwrap();
    assert_eq!(first.rest().await, Remainder::Beginning(received("foo(")));
    assert_eq!(first.received(), None);
    drop(first);
    tokio::time::sleep(10 * GRACE).await;
    world.types("f");
    let second = world.subscribe().unwrap();
    assert_eq!(second.rest().await, Remainder::Beginning(received("oo(")));
    // All of the beginning was accepted, so the rest is waited for.
    world.types("oo(");
    let third = world.subscribe().unwrap();
    world.end("foo(bar, baz)");
    assert_eq!(text(third.rest().await).as_deref(), Some("bar, baz)"));
    assert_eq!(third.received(), Some(received("bar, baz)")));
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_beginning_was_shown_ends_in_the_end() {
    let mut world = World::new();
    world.publish("foo(bar");
    world.publisher.publish_beginning(received("foo("));
    world.subscriber.take().unwrap().rest().await;
    assert!(world.is_aborted_after(READ).await);
}

#[tokio::test(start_paused = true)]
async fn a_beginning_is_dropped_with_the_text_it_begins() {
    let world = World::new();
    world.publish("foo(bar");
    world.publisher.publish_beginning(received("foo("));
    // Another model answers.
    world.publish("");
    let waits = world.subscriber.as_ref().unwrap();
    assert!(timeout(GRACE, waits.rest()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_text_is_not_what_was_typed_ends_after_the_linger_time() {
    let mut world = World::new();
    world.types("x");
    let subscriber = world.subscribe().unwrap();
    world.publish("foo(");
    assert_eq!(subscriber.rest().await, Remainder::Other);
    assert!(world.subscribe().is_none());
    drop(subscriber);
    world.subscriber = None;
    assert!(world.is_aborted_after(LINGER).await);
    assert!(world.flight.is_over());
}

#[tokio::test(start_paused = true)]
async fn a_backspace_over_a_typo_joins_the_running_call_again() {
    let mut world = World::new();
    world.publish("foo");
    world.subscriber = None;
    world.types("g");
    assert!(world.subscribe().is_none());
    tokio::time::sleep(LINGER - TICK).await;
    world.backspace();
    let subscriber = world.subscribe().unwrap();
    world.end("foo()");
    assert_eq!(text(subscriber.rest().await).as_deref(), Some("foo()"));
}

#[tokio::test(start_paused = true)]
async fn a_call_without_subscribers_ends_after_the_grace_time() {
    let mut world = World::new();
    world.subscriber = None;
    assert!(world.is_aborted_after(GRACE).await);
}

#[tokio::test(start_paused = true)]
async fn text_that_was_already_after_the_place_does_not_count_as_typed() {
    let mut world = World::new();
    let edit = world.document.replace(world.cursor()..world.cursor(), "\n    b();\n");
    let anchor = Anchor::new(&world.document.rope, edit.start);
    let (flight, _subscriber) =
        InFlight::launch(anchor, 0, LINGER, Publisher::default(), std::future::pending());
    assert!(flight.subscribe(&world.document.rope, world.cursor() - 1).is_none());
    assert!(flight.subscribe(&world.document.rope, edit.start).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_call_does_not_fit_after_an_edit_before_its_place() {
    let mut world = World::new();
    let edit = world.document.replace(8..9, "b");
    assert!(world.flight.edited(&edit, &world.document.rope));
    assert!(world.subscribe().is_none());
    world.types("x");
    let edit = world.document.replace(0..world.cursor(), "b");
    assert!(!world.flight.edited(&edit, &world.document.rope));
}

#[tokio::test(start_paused = true)]
async fn no_request_waits_for_a_call_that_ended_without_a_result() {
    let mut world = World::new();
    world.end = None;
    assert_eq!(world.subscriber.take().unwrap().rest().await, Remainder::Other);
    let world = World::new();
    let World { flight, subscriber, aborted, .. } = world;
    drop((flight, subscriber));
    tokio::task::yield_now().await;
    assert!(aborted.load(Ordering::Relaxed));
}

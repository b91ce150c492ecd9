//! Observes connecting: measures it and limits its duration for each request.
//!
//! The HTTP client has only one time limit for connecting, shared by all requests. The `Dial` of a request
//! reaches the connector in a task-local variable, because the client polls the connector in the request's
//! task.

use std::error::Error;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use parking_lot::Mutex;
use tokio::time::{Instant, timeout};
use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    static DIAL: Dial;
}

/// Time limit for connections without a `Dial`.
const UNWATCHED: Duration = Duration::from_secs(10);

type Trouble = Box<dyn Error + Send + Sync>;

/// What a request has observed of its connection.
#[derive(Clone, Debug)]
pub(super) struct Dial {
    within: Duration,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// No connection was opened: a pooled one was available.
    Nothing,
    Dialling,
    Connected(Duration),
    Failed,
    TooLate,
}

impl Dial {
    pub(super) fn within(within: Duration) -> Self {
        Self { within, seen: Arc::new(Mutex::new(Seen::Nothing)) }
    }

    /// Runs a request and observes its connecting.
    pub(super) async fn watch<T>(&self, request: impl Future<Output = T>) -> T {
        DIAL.scope(self.clone(), request).await
    }

    pub(super) fn took(&self) -> Option<Duration> {
        match self.seen() {
            Seen::Connected(took) => Some(took),
            Seen::Nothing | Seen::Dialling | Seen::Failed | Seen::TooLate => None,
        }
    }

    /// Whether the request used a pooled connection.
    pub(super) fn was_waiting(&self) -> bool {
        self.seen() == Seen::Nothing
    }

    /// Whether the request has a connection, new or pooled.
    pub(super) fn is_connected(&self) -> bool {
        matches!(self.seen(), Seen::Nothing | Seen::Connected(_))
    }

    pub(super) fn is_too_late(&self) -> bool {
        self.seen() == Seen::TooLate
    }

    fn seen(&self) -> Seen {
        *self.seen.lock()
    }

    fn see(&self, seen: Seen) {
        *self.seen.lock() = seen;
    }
}

/// Wraps the client's connector.
#[derive(Clone, Debug)]
pub(super) struct DialWatch;

impl<S> Layer<S> for DialWatch {
    type Service = Watched<S>;

    fn layer(&self, connector: S) -> Watched<S> {
        Watched { connector }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Watched<S> {
    connector: S,
}

impl<S, R> Service<R> for Watched<S>
where
    S: Service<R, Error = Trouble>,
    S::Future: Send + 'static,
    S::Response: Send + 'static,
{
    type Response = S::Response;
    type Error = Trouble;
    type Future = BoxFuture<'static, Result<S::Response, Trouble>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Trouble>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let dial = DIAL.try_with(Dial::clone).unwrap_or_else(|_| Dial::within(UNWATCHED));
        let connecting = self.connector.call(request);
        Box::pin(async move {
            let start = Instant::now();
            dial.see(Seen::Dialling);
            let Ok(connected) = timeout(dial.within, connecting).await else {
                dial.see(Seen::TooLate);
                return Err("no connection in time".into());
            };
            dial.see(match connected {
                Ok(_) => Seen::Connected(start.elapsed()),
                Err(_) => Seen::Failed,
            });
            connected
        })
    }
}

//! A provider on loopback that replies at once, late or with an error status, and records times.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};
use std::{io, thread};

use crate::http::is_whole;

/// The text of every reply.
pub(crate) const WORDS: &str = "weigh(input)";

/// A provider; its threads end with the program.
pub(crate) struct Provider {
    pub(crate) url: String,
    manner: Arc<Mutex<Manner>>,
    connections: Arc<AtomicUsize>,
    events: Receiver<Event>,
}

/// How it replies.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    pub(crate) status: u16,
    pub(crate) wait: Duration,
}

pub(crate) enum Event {
    /// The first bytes of a request, and the complete request.
    Asked { at: Instant, request: Vec<u8> },
    /// The client disconnected before the reply.
    Gone { at: Instant },
}

impl Provider {
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}/v1", listener.local_addr()?);
        let manner = Arc::new(Mutex::new(Manner { status: 200, wait: Duration::ZERO }));
        let connections = Arc::new(AtomicUsize::new(0));
        let (sender, events) = mpsc::channel();
        let (manners, count) = (Arc::clone(&manner), Arc::clone(&connections));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::Relaxed);
                let (sender, manners) = (sender.clone(), Arc::clone(&manners));
                thread::spawn(move || serve(stream, &manners, &sender));
            }
        });
        Ok(Self { url, manner, connections, events })
    }

    pub(crate) fn answers(&self, status: u16, wait: Duration) {
        *self.manner.lock().expect("no thread panics while it holds the lock") =
            Manner { status, wait };
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// The next request: when it began to arrive, and its body.
    pub(crate) fn asked(&self) -> io::Result<(Instant, String)> {
        loop {
            if let Event::Asked { at, request } = self.next()? {
                let text = String::from_utf8_lossy(&request).into_owned();
                let body = text.split_once("\r\n\r\n").map_or("", |it| it.1).to_owned();
                return Ok((at, body));
            }
        }
    }

    /// When the next client disconnected.
    pub(crate) fn gone(&self) -> io::Result<Instant> {
        loop {
            if let Event::Gone { at } = self.next()? {
                return Ok(at);
            }
        }
    }

    /// Number of requests that were not read.
    pub(crate) fn unseen(&self) -> usize {
        self.events.try_iter().filter(|it| matches!(it, Event::Asked { .. })).count()
    }

    fn next(&self) -> io::Result<Event> {
        self.events
            .recv_timeout(Duration::from_secs(10))
            .map_err(|_| panic!("the provider was not asked"))
    }
}

fn serve(mut stream: TcpStream, manner: &Mutex<Manner>, events: &Sender<Event>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut request, mut began) = (Vec::new(), None);
    loop {
        let mut bytes = [0; 1 << 16];
        let read = stream.read(&mut bytes)?;
        if read == 0 {
            return Ok(());
        }
        let at = *began.get_or_insert_with(Instant::now);
        request.extend_from_slice(&bytes[..read]);
        if !is_whole(&request) {
            continue;
        }
        if request.starts_with(b"HEAD") {
            // A connection opened in advance.
            (request, began) = (Vec::new(), None);
            stream.write_all(b"HTTP/1.1 404 Bench\r\nContent-Length: 0\r\n\r\n")?;
            continue;
        }
        // The receiver is gone after the bench.
        _ = events.send(Event::Asked { at, request: std::mem::take(&mut request) });
        began = None;
        let Manner { status, wait } =
            *manner.lock().expect("no thread panics while it holds the lock");
        if !wait.is_zero() && has_gone(&stream, wait, events)? {
            return Ok(());
        }
        stream.write_all(&answer(status))?;
    }
}

fn answer(status: u16) -> Vec<u8> {
    let body = match status {
        200 => format!(
            "data: {{\"choices\":[{{\"text\":\"{WORDS}\",\"finish_reason\":\"stop\"}}]}}\n\n\
             data: [DONE]\n\n"
        ),
        _ => "{\"error\":{\"message\":\"slow down\"}}".to_owned(),
    };
    let kind = if status == 200 { "text/event-stream" } else { "application/json" };
    let head = format!("HTTP/1.1 {status} Bench\r\nContent-Type: {kind}\r\n");
    format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Waits, and returns whether the client disconnected meanwhile. Records the time.
fn has_gone(stream: &TcpStream, wait: Duration, events: &Sender<Event>) -> io::Result<bool> {
    let (watched, events) = (stream.try_clone()?, events.clone());
    // Peeks only: the next request also ends the wait.
    let watch = thread::spawn(move || {
        let gone = !matches!(watched.peek(&mut [0; 1]), Ok(1..));
        if gone {
            _ = events.send(Event::Gone { at: Instant::now() });
        }
        gone
    });
    thread::sleep(wait);
    Ok(watch.is_finished() && watch.join().unwrap_or(true))
}

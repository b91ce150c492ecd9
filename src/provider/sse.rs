//! Splits streams into events: server-sent events (WHATWG HTML, 9.2), or one JSON value per line.
//!
//! Bytes can arrive split at any position. A line is decoded once it is complete, so no character is split. A
//! line or event that exceeds the size limit is an error.
//!
//! The reader accepts two deviations from the standard, both only if an event's data is one line of complete
//! JSON, which no further line could continue: an event that only a single newline separates from the next,
//! and a last event without a blank line after it.

use std::collections::VecDeque;

use serde::de::IgnoredAny;

/// Longest line and longest event, in bytes.
const LONGEST: usize = 1 << 20;
/// Data of the event that ends a stream in OpenAI's formats.
pub const DONE: &str = "[DONE]";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Framing {
    Sse,
    /// One JSON value per line.
    Lines,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SseEvent {
    pub name: Option<String>,
    pub data: String,
}

/// A line or an event exceeds the size limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

#[derive(Debug)]
pub struct SseReader {
    framing: Framing,
    /// The current line so far.
    line: Vec<u8>,
    /// The current event so far.
    event: SseEvent,
    /// Number of its data lines so far.
    lines: usize,
    /// The previous chunk ended with a carriage return, so a line feed at the start of the next one belongs
    /// to it.
    after_return: bool,
    first: bool,
    ready: VecDeque<SseEvent>,
}

impl SseReader {
    pub fn new(framing: Framing) -> Self {
        Self {
            framing,
            line: Vec::new(),
            event: SseEvent::default(),
            lines: 0,
            after_return: false,
            first: true,
            ready: VecDeque::new(),
        }
    }

    /// Adds a chunk of bytes.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), TooLong> {
        if self.after_return && !bytes.is_empty() {
            bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
            self.after_return = false;
        }
        while let Some(end) = memchr::memchr2(b'\n', b'\r', bytes) {
            let (head, rest) = bytes.split_at(end);
            if self.line.is_empty() {
                self.take(head)?;
            } else {
                self.line.extend_from_slice(head);
                let line = std::mem::take(&mut self.line);
                self.take(&line)?;
                self.line = line;
                self.line.clear();
            }
            bytes = match rest {
                [b'\r', b'\n', rest @ ..] => rest,
                [b'\r'] => {
                    self.after_return = true;
                    &[]
                }
                [_, rest @ ..] => rest,
                [] => &[],
            };
        }
        self.line.extend_from_slice(bytes);
        if self.line.len() > LONGEST { Err(TooLong) } else { Ok(()) }
    }

    /// Removes the next complete event.
    pub fn event(&mut self) -> Option<SseEvent> {
        self.ready.pop_front()
    }

    /// Processes the remaining bytes after the stream has ended cleanly. A JSON line needs no line feed; an
    /// event of SSE counts if its data is complete JSON or `[DONE]`, and is dropped otherwise.
    pub fn end(&mut self) -> Result<(), TooLong> {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.take(&line)?;
        }
        if self.lines > 0 && is_complete(&self.event.data) {
            self.dispatch();
        }
        Ok(())
    }

    /// Processes a complete line.
    fn take(&mut self, line: &[u8]) -> Result<(), TooLong> {
        if line.len() + self.event.data.len() > LONGEST {
            return Err(TooLong);
        }
        let first = std::mem::take(&mut self.first);
        let line = if first { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line) } else { line };
        match self.framing {
            Framing::Lines => self.take_value(line),
            Framing::Sse => self.take_field(line),
        }
        Ok(())
    }

    fn take_value(&mut self, line: &[u8]) {
        let data = String::from_utf8_lossy(line);
        if !data.trim().is_empty() {
            self.ready.push_back(SseEvent { name: None, data: data.into_owned() });
        }
    }

    fn take_field(&mut self, line: &[u8]) {
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(at) => (&line[..at], line[at + 1..].strip_prefix(b" ").unwrap_or(&line[at + 1..])),
            None => (line, &[][..]),
        };
        match field {
            b"data" => {
                self.dispatch_complete();
                if self.lines > 0 {
                    self.event.data.push('\n');
                }
                self.lines += 1;
                match str::from_utf8(value) {
                    Ok(value) => self.event.data.push_str(value),
                    Err(_) => self.event.data.push_str(&String::from_utf8_lossy(value)),
                }
                // No event follows, even if the connection stays open.
                if self.lines == 1 && self.event.data.trim() == DONE {
                    self.dispatch();
                }
            }
            b"event" => {
                self.dispatch_complete();
                self.event.name = Some(String::from_utf8_lossy(value).into_owned());
            }
            // llama.cpp sends errors in a field named `error`.
            b"error" => {
                self.dispatch_complete();
                self.event.name = Some("error".to_owned());
                self.event.data = String::from_utf8_lossy(value).into_owned();
                self.lines = 1;
                self.dispatch();
            }
            // Comments, whose name is empty, and `id` and `retry`, which answers do not use.
            _ => {}
        }
    }

    /// Ends the event if its data is one line of complete JSON, so that the next line starts another. Longer
    /// data is not checked, so each line is parsed at most once.
    fn dispatch_complete(&mut self) {
        if self.lines == 1 && is_complete(&self.event.data) {
            self.dispatch();
        }
    }

    fn dispatch(&mut self) {
        let event = std::mem::take(&mut self.event);
        // Some servers send empty events to keep a connection alive.
        if std::mem::take(&mut self.lines) > 0 && !event.data.trim().is_empty() {
            self.ready.push_back(event);
        }
    }
}

/// Whether data is complete: `[DONE]`, or a JSON object or list. A number could be truncated.
fn is_complete(data: &str) -> bool {
    let data = data.trim().trim_start_matches('\u{feff}');
    let is_json = || serde_json::from_str::<IgnoredAny>(data).is_ok();
    data == DONE || data.starts_with(['{', '[']) && is_json()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads chunks; returns events as `name=data`.
    fn events(framing: Framing, chunks: &[&[u8]]) -> Vec<String> {
        let mut reader = SseReader::new(framing);
        let mut events = Vec::new();
        let mut take = |reader: &mut SseReader| {
            while let Some(it) = reader.event() {
                events.push(format!("{}={}", it.name.unwrap_or_default(), it.data));
            }
        };
        for chunk in chunks {
            reader.push(chunk).unwrap();
            take(&mut reader);
        }
        reader.end().unwrap();
        take(&mut reader);
        events
    }

    #[track_caller]
    fn check(framing: Framing, stream: &str, expected: &[&str]) {
        assert_eq!(events(framing, &[stream.as_bytes()]), expected);
        for at in 0..=stream.len() {
            let (head, tail) = stream.as_bytes().split_at(at);
            assert_eq!(events(framing, &[head, tail]), expected, "cut at {at}");
        }
        let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
        assert_eq!(events(framing, &bytes), expected);
    }

    #[test]
    fn an_event_has_a_name_and_data() {
        check(Framing::Sse, "event: a\ndata: 1\n\ndata:2\n\n", &["a=1", "=2"]);
        check(Framing::Sse, "\u{feff}data: é日\n\n", &["=é日"]);
    }

    #[test]
    fn every_line_end_is_accepted() {
        check(Framing::Sse, "data: 1\r\n\r\ndata: 2\r\rdata: 3\n\n", &["=1", "=2", "=3"]);
    }

    #[test]
    fn lines_of_data_are_joined_and_comments_ignored() {
        check(Framing::Sse, ": keep-alive\n\ndata: a\n: x\ndata: b\n\n", &["=a\nb"]);
        check(Framing::Sse, "data\n\ndata: \n\nid: 3\nretry: 1\n\n", &[]);
    }

    #[test]
    fn an_incomplete_event_is_dropped() {
        check(Framing::Sse, "data: 1\n\ndata: 2\n", &["=1"]);
        check(Framing::Sse, "event: a\n\ndata: 1\n\n", &["=1"]);
    }

    #[test]
    fn a_last_event_of_complete_json_needs_no_end() {
        check(Framing::Sse, "data: {\"a\":1}\n\ndata: {\"b\":2}", &["={\"a\":1}", "={\"b\":2}"]);
        check(Framing::Sse, "event: x\ndata: {\"a\":1}\r\n", &["x={\"a\":1}"]);
        check(Framing::Sse, "data: {}\n\ndata: [DONE]", &["={}", "=[DONE]"]);
        let mut reader = SseReader::new(Framing::Sse);
        reader.push(b"data: {}\ndata: [DONE]\n").unwrap();
        let events = [reader.event(), reader.event()].map(|it| it.map(|it| it.data));
        assert_eq!(events, [Some("{}".to_owned()), Some(DONE.to_owned())]);
        check(Framing::Sse, "data: [\ndata: 1]", &["=[\n1]"]);
        for cut in ["data: {\"a\":1", "data: 42", "data: \"a\"", "data: [DON", "dat", "event: x\n"]
        {
            check(Framing::Sse, cut, &[]);
        }
    }

    #[test]
    fn a_single_newline_separates_events_of_complete_json() {
        check(
            Framing::Sse,
            "data: {\"a\":1}\ndata: {\"b\":2}\ndata: [DONE]\n",
            &["={\"a\":1}", "={\"b\":2}", "=[DONE]"],
        );
        let named = "event: a\ndata: {}\nevent: b\ndata: {}\n\n";
        check(Framing::Sse, named, &["a={}", "b={}"]);
        // JSON over several lines is one event.
        check(Framing::Sse, "data: {\ndata: \"a\": {}\ndata: }\n\n", &["={\n\"a\": {}\n}"]);
    }

    #[test]
    fn each_line_is_a_value() {
        check(Framing::Lines, "{\"a\":1}\r\n\n{\"b\":\"é\"}", &["={\"a\":1}", "={\"b\":\"é\"}"]);
    }

    #[test]
    fn endless_lines_and_events_are_rejected() {
        for framing in [Framing::Sse, Framing::Lines] {
            let mut reader = SseReader::new(framing);
            let chunk = vec![b'x'; 1 << 16];
            assert!((0..32).any(|_| reader.push(&chunk).is_err()));
        }
        let mut reader = SseReader::new(Framing::Sse);
        let line = [b"data: ", &vec![b'x'; 1 << 16][..], b"\n"].concat();
        assert!((0..32).any(|_| reader.push(&line).is_err()));
    }

    proptest! {
        #[test]
        fn the_position_of_a_split_changes_nothing(
            words in prop::collection::vec(prop_oneof![
                Just("data: "), Just("event: x"), Just("\n"), Just("\r"), Just("\r\n"), Just(":"), Just("é"), Just("{}"),
            ], 0..40),
            cuts in prop::collection::vec(0..200usize, 0..6),
        ) {
            let stream = words.concat();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|it| it.min(stream.len())).collect();
            cuts.extend([0, stream.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|it| &stream.as_bytes()[it[0]..it[1]]).collect();
            for framing in [Framing::Sse, Framing::Lines] {
                prop_assert_eq!(events(framing, &chunks), events(framing, &[stream.as_bytes()]));
            }
        }
    }
}

//! The base protocol's frames: `Content-Length: N`, an empty line, N bytes. A pure codec.
//!
//! An invalid frame is reported once and skipped up to the next `Content-Length`, so one bad message does not
//! affect the messages behind it.

use thiserror::Error;

/// Longer messages are skipped without being stored.
const BODY_LIMIT: usize = 64 << 20;
const HEAD_LIMIT: usize = 4 << 10;
const HEADER: &[u8] = b"Content-Length";

/// `buffer` takes bytes, `next` returns bodies.
#[derive(Debug, Default)]
pub struct Frames {
    bytes: Vec<u8>,
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Head,
    Body(usize),
    Skip(usize),
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    #[error("a frame without a valid Content-Length")]
    NoLength,
    #[error("a message of {0} bytes, over the limit of {BODY_LIMIT}")]
    TooLong(usize),
}

impl Frames {
    /// The buffer to which the next bytes are appended.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// The next body or error, once it is complete.
    #[expect(clippy::should_implement_trait, reason = "`None` means not yet, not the end")]
    pub fn next(&mut self) -> Option<Result<Vec<u8>, FrameError>> {
        loop {
            match self.state {
                State::Head => match self.head()? {
                    Ok(length) if length <= BODY_LIMIT => self.state = State::Body(length),
                    Ok(length) => {
                        self.state = State::Skip(length);
                        return Some(Err(FrameError::TooLong(length)));
                    }
                    Err(error) => return Some(Err(error)),
                },
                State::Body(length) => {
                    if self.bytes.len() < length {
                        self.bytes.reserve(length - self.bytes.len());
                        return None;
                    }
                    self.state = State::Head;
                    let rest = self.bytes.split_off(length);
                    return Some(Ok(std::mem::replace(&mut self.bytes, rest)));
                }
                State::Skip(left) => {
                    let skipped = left.min(self.bytes.len());
                    self.bytes.drain(..skipped);
                    if skipped < left {
                        self.state = State::Skip(left - skipped);
                        return None;
                    }
                    self.state = State::Head;
                }
            }
        }
    }

    fn head(&mut self) -> Option<Result<usize, FrameError>> {
        let Some(end) = find(&self.bytes, b"\r\n\r\n") else {
            // The tail may be the beginning of a header.
            let tail = self.bytes.len().saturating_sub(HEADER.len());
            return (self.bytes.len() > HEAD_LIMIT).then(|| Err(self.resynchronize(tail)));
        };
        let Some(length) = content_length(&self.bytes[..end]) else {
            return Some(Err(self.resynchronize(end + 4)));
        };
        self.bytes.drain(..end + 4);
        Some(Ok(length))
    }

    /// Drops the bytes before the next header, at most `most`.
    fn resynchronize(&mut self, most: usize) -> FrameError {
        let next = find(&self.bytes[1..], HEADER).map_or(most, |it| it + 1);
        self.bytes.drain(..next.min(most));
        FrameError::NoLength
    }
}

fn content_length(head: &[u8]) -> Option<usize> {
    let head = std::str::from_utf8(head).ok()?;
    head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let named = name.as_bytes().eq_ignore_ascii_case(HEADER);
        named.then(|| value.trim().parse().ok()).flatten()
    })
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|it| it == needle)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(body: &str) -> Vec<u8> {
        format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }

    /// All results for `bytes` that arrive in pieces of `piece` bytes.
    fn read(bytes: &[u8], piece: usize) -> Vec<Result<Vec<u8>, FrameError>> {
        let (mut frames, mut out) = (Frames::default(), Vec::new());
        for piece in bytes.chunks(piece.max(1)) {
            frames.buffer().extend_from_slice(piece);
            out.extend(std::iter::from_fn(|| frames.next()));
        }
        out
    }

    #[test]
    fn an_invalid_frame_loses_no_later_message() {
        let bytes = [
            frame("{}"),
            b"garbage\r\n\r\n".to_vec(),
            frame("[1]"),
            b"Content-Length: x\r\n\r\n".to_vec(),
            frame("[2]"),
            b"Content-Type: a\r\ncontent-length: 3\r\n\r\n[3]".to_vec(),
        ]
        .concat();
        let bodies =
            |piece| -> Vec<Vec<u8>> { read(&bytes, piece).into_iter().flatten().collect() };
        for piece in [1, 2, 7, bytes.len()] {
            assert_eq!(bodies(piece), [&b"{}"[..], b"[1]", b"[2]", b"[3]"], "pieces of {piece}");
        }
    }

    #[test]
    fn a_message_over_the_limit_is_skipped() {
        let mut frames = Frames::default();
        let length = BODY_LIMIT + 1;
        frames.buffer().extend(format!("Content-Length: {length}\r\n\r\n").bytes());
        assert_eq!(frames.next(), Some(Err(FrameError::TooLong(length))));
        for _ in 0..64 {
            frames.buffer().resize(1 << 20, b' ');
            assert_eq!(frames.next(), None);
            assert!(frames.buffer().is_empty());
        }
        frames.buffer().push(b' ');
        frames.buffer().extend(frame("{}"));
        assert_eq!(frames.next(), Some(Ok(b"{}".to_vec())));
    }

    proptest! {
        #[test]
        fn a_message_arrives_after_any_bytes(
            junk in prop::collection::vec(any::<u8>(), 0..200),
            piece in 1..50usize,
        ) {
            prop_assume!(find(&junk, HEADER).is_none());
            // A head above the limit must not hide the message behind it either.
            let bytes = [junk, b"\r\n\r\n".to_vec(), frame("{\"a\":1}")].concat();
            prop_assert_eq!(read(&bytes, piece).pop(), Some(Ok(b"{\"a\":1}".to_vec())));
        }
    }
}

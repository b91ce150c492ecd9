//! Helpers for reading a body, and its failures.

use std::collections::VecDeque;
use std::error::Error;
use std::io;

use crate::provider::dialect::Delta;
use crate::provider::failure::Failure;
use crate::provider::thought::Thoughts;
use crate::provider::transport::reply::MARK;

/// Removes white space and byte order marks before an answer's first byte.
pub(in crate::provider::transport) fn skip_head(head: &mut Vec<u8>) {
    let mut rest = head.trim_ascii_start();
    while let Some(behind) = rest.strip_prefix(MARK) {
        rest = behind.trim_ascii_start();
    }
    let skipped = head.len() - rest.len();
    head.drain(..skipped);
}

/// Appends a delta, with reasoning separated from text.
pub(in crate::provider::transport) fn queue(
    ready: &mut VecDeque<Delta>,
    thoughts: &mut Thoughts,
    delta: Delta,
) {
    match delta {
        Delta::Text(text) => ready.extend(thoughts.push(text)),
        Delta::Finish(_) | Delta::End => {
            ready.extend(thoughts.finish());
            ready.push_back(delta);
        }
        Delta::LogProb(_) | Delta::Thought(_) | Delta::Usage(_) | Delta::Relayed(_) => {
            ready.push_back(delta)
        }
    }
}

/// Classifies an error while reading a body.
pub(in crate::provider::transport) fn broken(error: &reqwest::Error) -> Failure {
    let mut root: &dyn Error = error;
    while let Some(deeper) = root.source() {
        root = deeper;
    }
    match root.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other) => {
            Failure::Garbled { reason: "it cannot be decompressed".to_owned() }
        }
        Some(_) | None => Failure::Cut,
    }
}

pub(in crate::provider::transport) fn too_long() -> Failure {
    Failure::Garbled { reason: "it is too long".to_owned() }
}

pub(in crate::provider::transport) fn cut(failure: Failure) -> Failure {
    match failure {
        Failure::Garbled { .. } => Failure::Cut,
        failure => failure,
    }
}

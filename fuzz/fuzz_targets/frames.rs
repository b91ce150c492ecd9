//! Any bytes in any pieces: what comes out was in there, and a message behind them arrives.
#![no_main]

use libfuzzer_sys::fuzz_target;
use understudy::server::frames::Frames;

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, bytes) = input;
    let mut frames = Frames::default();
    let mut bodies = 0;
    for piece in bytes.chunks(usize::from(piece).max(1)) {
        frames.buffer().extend_from_slice(piece);
        while let Some(frame) = frames.next() {
            bodies += frame.map_or(0, |it| it.len());
        }
    }
    assert!(bodies + frames.buffer().len() <= bytes.len());
});

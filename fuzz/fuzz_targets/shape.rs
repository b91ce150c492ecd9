//! A reply in any pieces becomes a text that stands in the reply's own words, or nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use understudy::prompt::Extent;
use understudy::prompt::shape::Progress;
use understudy::prompt::shape::Shape;
use understudy::prompt::shape::hole::Hole;

fuzz_target!(|input: (&str, &str, Vec<&str>, u8)| {
    let (before, after, pieces, lines) = input;
    for extent in [Extent::Line, Extent::Lines(lines.into())] {
        for language in ["rust", "python", "markdown", "javascript", ""] {
            let mut shape = Shape::new(Hole::new(before, after, language, extent, &["<EOT>"]));
            for piece in &pieces {
                if shape.push(piece) == Progress::Complete {
                    break;
                }
            }
            if let Some(fit) = shape.finish() {
                assert!(!fit.text.trim().is_empty());
                assert!(after.is_char_boundary(fit.covers));
            }
        }
    }
});

//! The judged answers as one JSON object per line, with the n-gram model's text for the same place: what a calibration
//! is fitted to.

use std::io::Write;
use std::time::Duration;

use ropey::Rope;
use serde_json::json;
use understudy::predict::buffer::Buffer;
use understudy::predict::{self, PredictOptions, PredictQuery, Prediction};

use crate::answers::Judged;
use crate::ground::Ground;
use crate::place::Place;
use crate::variant::Variant;

/// Lower than what is shown: also an unsure text can agree with the model's.
const THRESHOLD: f32 = 0.05;

pub(crate) fn write(
    sink: &mut impl Write,
    ground: &Ground,
    place: &Place,
    variants: &[Variant],
    row: &[Judged],
) -> anyhow::Result<()> {
    let guess = guess(ground, place);
    for (variant, judged) in variants.iter().zip(row) {
        let log_probs: Vec<f32> = judged.answer.tokens.iter().map(|it| it.1).collect();
        let line = json!({
            "path": place.path,
            "row": place.row,
            "column": place.column,
            "variant": variant.name,
            "truth": place.truth,
            "text": judged.text,
            "right": judged.is_right,
            "probability": judged.probability,
            "log_probs": log_probs,
            "n_gram": guess.as_ref().map(|it| json!({ "text": it.text, "confidence": it.confidence })),
        });
        writeln!(sink, "{line}")?;
    }
    Ok(())
}

fn guess(ground: &Ground, place: &Place) -> Option<Prediction> {
    let rope = Rope::from_str(&place.text);
    let mut buffer = Buffer::new();
    buffer.read(&ground.tokens, &rope);
    let query = PredictQuery {
        snapshot: &ground.tokens.snapshot(),
        buffer: &buffer,
        rope: &rope,
        offset: place.offset,
        path: Some(&place.path),
    };
    let deadline = Duration::from_secs(9);
    let options = PredictOptions { threshold: THRESHOLD, deadline, ..PredictOptions::default() };
    predict::suggest(&query, &options)
}

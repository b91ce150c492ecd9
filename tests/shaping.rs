//! What of a model's reply an editor is shown.

use crate::holes;
use crate::holes::Figures;
use crate::support::models::{OTHER, Stage, answer};

#[test]
fn what_its_language_cannot_read_is_not_shown() {
    for (reply, is_shown) in [(OTHER, true), ("sion; let = ; let = ; let = ; let = ;", false)] {
        let mut stage = Stage::in_turn("embedded.enabled = false", vec![answer(reply)]);
        let shown = stage.ghost();
        assert_eq!(!shown.is_empty(), is_shown, "{reply}: {shown:?}");
        assert_eq!(stage.hits(), [1], "{reply}");
    }
}

/// The same as `cargo bench --bench prompt -- --holes`, with fewer holes.
#[test]
fn a_reply_with_what_models_add_leaves_the_original_document() {
    let figures = holes::run(600, 20, &[]);
    figures.print();
    let Figures { all, clean, worst, lost, .. } = &figures;
    assert_eq!(all.all, 600);
    assert!(all.wrong * 200 <= all.all, "{} of {}:\n{}", all.wrong, all.all, worst.join("\n"));
    assert!(!holes::times_in(400, 12).is_empty());
    assert!(clean.withheld * 50 <= clean.all, "{clean}:\n{}", lost.join("\n"));
}

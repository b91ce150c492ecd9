//! Post-processing of model replies before an editor shows them.

use crate::holes;
use crate::holes::Figures;
use crate::support::models::{OTHER, Stage, answer};

#[test]
fn suggestions_with_syntax_errors_are_not_shown() {
    for (reply, is_shown) in [(OTHER, true), ("sion; let = ; let = ; let = ; let = ;", false)] {
        let mut stage = Stage::in_turn("embedded.enabled = false", vec![answer(reply)]);
        let shown = stage.ghost();
        assert_eq!(!shown.is_empty(), is_shown, "{reply}: {shown:?}");
        assert_eq!(stage.hits(), [1], "{reply}");
    }
}

/// A smaller version of `cargo bench --bench prompt -- --holes`.
#[test]
fn a_reply_with_text_added_by_models_restores_the_original_document() {
    let figures = holes::run(600, 20, &[]);
    figures.print();
    let Figures { all, clean, worst, lost, .. } = &figures;
    assert_eq!(all.all, 600);
    assert!(all.wrong * 200 <= all.all, "{} of {}:\n{}", all.wrong, all.all, worst.join("\n"));
    assert!(!holes::times_in(400, 12).is_empty());
    assert!(clean.withheld * 50 <= clean.all, "{clean}:\n{}", lost.join("\n"));
}

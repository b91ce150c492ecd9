//! What of a model's reply an editor is shown.

use crate::models::OTHER;
use crate::models::Stage;
use crate::models::answer;

#[test]
fn what_its_language_cannot_read_is_not_shown() {
    for (reply, is_shown) in [(OTHER, true), ("sion; let = ; let = ; let = ; let = ;", false)] {
        let mut stage = Stage::in_turn("embedded.enabled = false", vec![answer(reply)]);
        let shown = stage.ghost();
        assert_eq!(!shown.is_empty(), is_shown, "{reply}: {shown:?}");
        assert_eq!(stage.hits(), [1], "{reply}");
    }
}

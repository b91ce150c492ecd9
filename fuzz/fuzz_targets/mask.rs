//! Whatever is masked comes back as it was, wherever the cursor stands.
#![no_main]

use libfuzzer_sys::fuzz_target;
use understudy::context::mask::Mask;

fuzz_target!(|input: (&str, &str)| {
    let (before, after) = input;
    let whole = [before, after].concat();
    let mut mask = Mask::new();
    mask.reserve(&whole);
    let masked = mask.mask(&whole).into_owned();
    assert_eq!(mask.restore(&masked), whole);
    let mut mask = Mask::new();
    if let Some((before, after)) = mask.mask_around(before, after) {
        assert_eq!(mask.restore(&[before, after].concat()), whole);
    }
});

//! Any uri is read without harm, and the file it names has one spelling.
#![no_main]

use libfuzzer_sys::fuzz_target;
use understudy::text::uri;
use understudy::text::uri::Family;

fuzz_target!(|text: &str| {
    for family in [Family::Unix, Family::Windows] {
        if let Some(path) = uri::to_path(text, family) {
            let spelled = uri::from_path(&path, family);
            assert_eq!(uri::to_path(&spelled, family), Some(path));
            assert_eq!(uri::scheme(&spelled).as_deref(), Some("file"));
        }
        uri::from_path(text, family);
    }
    uri::scheme(text);
});

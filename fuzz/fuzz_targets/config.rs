//! A config file of any bytes: settings come of it, and what is wrong is told with a line it has.
#![no_main]

use libfuzzer_sys::fuzz_target;
use understudy::config;

fuzz_target!(|bytes: &[u8]| {
    let (settings, problems) = config::parse(bytes);
    let lines = bytes.iter().filter(|it| **it == b'\n').count() + 1;
    for problem in &problems {
        let line = problem.line.unwrap_or(1);
        assert!((1..=lines).contains(&line), "{problem}");
        assert!(!problem.message.contains('\n'), "{problem}");
    }
    assert!((0.0..=1.0).contains(&settings.embedded.threshold.get()));
});

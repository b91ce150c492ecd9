//! Any line is words in their order, none of them empty, and nothing between them but white space.
#![no_main]

use libfuzzer_sys::fuzz_target;
use understudy::workspace::tokens::lexer;

fuzz_target!(|line: &str| {
    let mut end = 0;
    for word in lexer::lex(line) {
        assert!(word.start < word.end && word.start >= end, "{word:?}");
        assert!(line[end..word.start].trim_matches([' ', '\t', '\r', '\n']).is_empty());
        end = word.end;
        assert!(line.is_char_boundary(end));
    }
    assert!(end <= lexer::MAX_LINE);
});

//! Any bytes as a streamed answer, in any pieces: the same events as at once, whatever a
//! dialect makes of them, and no panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use understudy::provider::dialect::Dialect;
use understudy::provider::sse::Event;
use understudy::provider::sse::Framing;
use understudy::provider::sse::Reader;
use understudy::provider::sse::TooLong;

const DIALECTS: [Dialect; 10] = [
    Dialect::OpenAiChat,
    Dialect::OpenAiResponses,
    Dialect::OpenAiCompletions,
    Dialect::Anthropic,
    Dialect::Gemini,
    Dialect::MistralFim,
    Dialect::OllamaGenerate,
    Dialect::OllamaChat,
    Dialect::LlamaInfill,
    Dialect::LlamaCompletion,
];

type Input<'a> = (bool, Vec<u8>, &'a [u8]);

fuzz_target!(|input: Input<'_>| {
    let (are_lines, sizes, stream) = input;
    let framing = if are_lines { Framing::Lines } else { Framing::Sse };
    let mut pieces = Vec::new();
    let mut rest = stream;
    for size in sizes {
        let (piece, behind) = rest.split_at(usize::from(size).min(rest.len()));
        pieces.push(piece);
        rest = behind;
    }
    pieces.push(rest);
    let events = parse(framing, &[stream]);
    assert_eq!(parse(framing, &pieces), events);
    for event in events.into_iter().flatten() {
        for dialect in DIALECTS {
            let Err(failure) = dialect.decode(&event) else { continue };
            let words = failure.to_string();
            assert!(words.chars().count() < 300 && !words.contains(char::is_control));
        }
    }
});

fn parse(framing: Framing, pieces: &[&[u8]]) -> Result<Vec<Event>, TooLong> {
    let mut reader = Reader::new(framing);
    let mut events = Vec::new();
    for piece in pieces {
        reader.push(piece)?;
        events.extend(std::iter::from_fn(|| reader.event()));
    }
    reader.end()?;
    events.extend(std::iter::from_fn(|| reader.event()));
    Ok(events)
}

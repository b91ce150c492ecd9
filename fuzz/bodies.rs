//! The function of each fuzz target. The targets call it for `cargo fuzz`; `tests/corpus.rs` calls it for
//! every file of `fuzz/corpus` and for random mutations of them.

use std::fs;
use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use tokio::runtime;
use understudy::app::Environment;
use understudy::context::mask::Mask;
use understudy::http::assemble::Assembly;
use understudy::prompt::CompletionScope;
use understudy::prompt::edit::{EditPrompt, EditWindow};
use understudy::prompt::relay::{self, Api};
use understudy::provider::dialect::Dialect;
use understudy::provider::failure;
use understudy::provider::failure::FailedRequest;
use understudy::provider::fim::parse;
use understudy::provider::limits::HeaderFamily;
use understudy::provider::next_edit::{self, EditFormat};
use understudy::provider::sse::{Framing, SseEvent, SseReader, TooLong};
use understudy::reply::answer::{Cleaner, clean};
use understudy::reply::completion::hole::Hole;
use understudy::reply::completion::{PostProcessor, ReplyProgress};
use understudy::reply::{edit, unseen};
use understudy::server::connection::ConnectionEnd;
use understudy::server::frames::Frames;
use understudy::syntax::Syntax;
use understudy::syntax::language::Language;
use understudy::text::position::{Encoding, Position};
use understudy::text::{Change, Document, Point, uri};
use understudy::workspace::tokens::lexer;
use understudy::{config, server};

/// All targets by name.
pub(crate) type Target = (&'static str, fn(&[u8]));

pub(crate) const TARGETS: [Target; 18] = [
    ("answer", answer),
    ("change", change),
    ("config", settings),
    ("dialect", dialect),
    ("edits", edits),
    ("failure", failed),
    ("fim", fim_prompt),
    ("frames", frames),
    ("lexer", lexer),
    ("mask", mask),
    ("message", message),
    ("next_edit", next_edit),
    ("params", params),
    ("positions", positions),
    ("queries", queries),
    ("shape", shape),
    ("stream", stream),
    ("uri", path),
];

/// Passes bytes to a target.
pub(crate) fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|it| it.0 == name).expect("it is in the list");
    target.1(bytes);
}

/// The first byte, which selects a variant, and the rest.
fn choice(bytes: &[u8]) -> (usize, &[u8]) {
    bytes.split_first().map_or((0, bytes), |(first, rest)| (usize::from(*first), rest))
}

/// The bytes as text, split in two at a byte that does not occur in UTF-8.
fn texts(bytes: &[u8]) -> (String, String) {
    let mut parts = bytes.splitn(2, |it| *it == 0);
    let mut text = || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    (text(), text())
}

/// Pieces of a text; the first byte sets their size.
fn pieces(size: usize, text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(size % 17 + 1).map(|it| it.iter().collect()).collect()
}

/// Sanitised model output is independent of the pieces, and contains nothing that an editor executes.
fn answer(bytes: &[u8]) {
    let (size, bytes) = choice(bytes);
    let text = String::from_utf8_lossy(bytes);
    let mut cleaner = Cleaner::default();
    let mut said: String = pieces(size, &text).iter().map(|it| cleaner.push(it)).collect();
    said += &cleaner.finish();
    assert_eq!(said, clean(&text));
    assert!(!said.contains(unseen::hides), "{said:?}");
}

/// An answer parsed as an edit of any text: a different text, or an error.
fn change(bytes: &[u8]) {
    let (answer, old) = texts(bytes);
    if let Ok(new) = edit::read(&answer, &edit::Site::alone(&old)) {
        assert!(!new.trim().is_empty() && new != old);
        assert_eq!(unseen::brought(&new, [&*old]), None);
    }
    if let Err(why) = edit::code(&answer, "rust") {
        assert!(why.to_string().len() < 200);
    }
    edit::is_about(&answer, &old);
}

/// Any file parses to settings, and each problem names an existing line.
fn settings(bytes: &[u8]) {
    let (settings, problems) = config::parse(bytes);
    let lines = bytes.iter().filter(|it| **it == b'\n').count() + 1;
    for problem in &problems {
        let line = problem.line.unwrap_or(1);
        assert!((1..=lines).contains(&line), "{problem}");
        assert!(!problem.message.contains('\n'), "{problem}");
    }
    assert!((0.0..=1.0).contains(&settings.embedded.threshold.get()));
}

/// Any event in every dialect: deltas, or a failure of a few printable words.
fn dialect(bytes: &[u8]) {
    let (name, data) = texts(bytes);
    let event = match data.is_empty() {
        true => SseEvent { name: None, data: name },
        false => SseEvent { name: Some(name), data },
    };
    decoded(&event);
}

fn decoded(event: &SseEvent) {
    for dialect in Dialect::ALL {
        _ = dialect.decode_whole(&event.data);
        let Err(failure) = dialect.decode(event) else { continue };
        let words = failure.to_string();
        assert!(words.chars().count() < 300 && !words.contains(char::is_control), "{words:?}");
    }
}

/// Any edits of any document: the document equals a plain string with the same edits, and each edit is
/// reported correctly.
fn edits(bytes: &[u8]) {
    let (encoding, bytes) = choice(bytes);
    let encoding = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32][encoding % 3];
    let (mut plain, changes) = texts(bytes);
    let mut document = Document::new(&plain, 0, "rust");
    for change in changes.as_bytes().chunks(9) {
        let at = |it: usize| u32::from(change.get(it).copied().unwrap_or_default() % 32);
        let position = |line, character| Position { line: at(line), character: at(character) };
        let range = (at(4) != 31).then(|| position(0, 1)..position(2, 3));
        let text = String::from_utf8_lossy(change.get(5..).unwrap_or_default()).into_owned();
        let before = document.clone();
        let is_whole = range.is_none();
        let edit = document.apply(&Change { range, text: text.clone() }, encoding);
        assert_eq!(edit.start_point, point(&before, edit.start));
        assert_eq!(edit.old_end_point, point(&before, edit.old_end));
        // Of a whole text, only what differs is an edit.
        let inserted = document.rope.byte_slice(edit.start..edit.new_end).to_string();
        assert_eq!(if is_whole { document.rope.to_string() } else { inserted.clone() }, text);
        plain.replace_range(edit.start..edit.old_end, &inserted);
        assert_eq!(document.rope, plain.as_str());
        assert_eq!(edit.new_end_point, point(&document, edit.new_end));
    }
}

fn point(document: &Document, offset: usize) -> Point {
    let row = document.rope.byte_to_line(offset);
    Point { row, column: offset - document.rope.line_to_byte(row) }
}

/// Any response of a provider as a failure, and any headers as limits: short, printable, no panic.
fn failed(bytes: &[u8]) {
    let (status, bytes) = choice(bytes);
    let mut lines = bytes.splitn(4, |it| *it == b'\n');
    let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let names = ["retry-after", "anthropic-ratelimit-tokens-reset", "x-ratelimit-reset-tokens"];
    let mut headers = HeaderMap::new();
    headers.insert("anthropic-ratelimit-tokens-remaining", HeaderValue::from_static("1"));
    headers.insert("x-ratelimit-remaining-tokens", HeaderValue::from_static("1"));
    for name in names {
        if let Ok(value) = HeaderValue::from_bytes(lines.next().unwrap_or_default()) {
            headers.insert(name, value);
        }
    }
    let body = lines.next().unwrap_or(bytes);
    let statuses = [400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 503, 529];
    let status = statuses.get(status).copied().unwrap_or(status as u16 * 4);
    let failure = failure::class::of_response(
        status,
        &headers,
        body,
        &FailedRequest {
            model: "model".to_owned(),
            fields: vec!["stop".to_owned(), "max_tokens".to_owned()],
        },
        now,
    )
    .to_string();
    assert!(failure.chars().count() < 300 && !failure.contains(char::is_control), "{failure:?}");
    for family in [HeaderFamily::OpenAi, HeaderFamily::Anthropic] {
        let tokens = family.read(&headers, now).tokens;
        assert!(now.checked_add(tokens.map_or(Duration::ZERO, |it| it.reset)).is_some());
    }
}

/// Any bytes in any pieces: every frame is a part of the input.
fn frames(bytes: &[u8]) {
    let (piece, bytes) = choice(bytes);
    let mut frames = Frames::default();
    let mut bodies = 0;
    for piece in bytes.chunks(piece.max(1)) {
        frames.buffer().extend_from_slice(piece);
        while let Some(frame) = frames.next() {
            bodies += frame.map_or(0, |it| it.len());
        }
    }
    assert!(bodies + frames.buffer().len() <= bytes.len());
}

/// Any line as tokens: in order, not empty, with only white space between them.
fn lexer(bytes: &[u8]) {
    let line = String::from_utf8_lossy(bytes);
    let mut end = 0;
    for word in lexer::lex(&line) {
        assert!(word.start < word.end && word.start >= end, "{word:?}");
        assert!(line[end..word.start].trim_matches([' ', '\t', '\r', '\n']).is_empty());
        end = word.end;
        assert!(line.is_char_boundary(end));
    }
    assert!(end <= lexer::MAX_LINE);
}

/// Masked text is restored exactly, for any cursor position.
fn mask(bytes: &[u8]) {
    let (before, after) = texts(bytes);
    let whole = [&*before, &after].concat();
    let mut mask = Mask::new();
    mask.reserve(&whole);
    let masked = mask.mask(&whole).into_owned();
    assert_eq!(mask.restore(&masked), whole);
    let mut mask = Mask::new();
    if let Some((before, after)) = mask.mask_around(&before, &after) {
        assert_eq!(mask.restore(&[before, after].concat()), whole);
    }
}

/// Any messages to a real server, one per line, after a valid handshake: it exits normally, and each of its
/// messages is complete.
fn message(bytes: &[u8]) {
    served(bytes.split(|it| *it == b'\n').map(<[u8]>::to_vec));
}

/// Any parameters for every method, one JSON value per line.
fn params(bytes: &[u8]) {
    const METHODS: [&str; 18] = [
        "textDocument/inlineCompletion",
        "textDocument/completion",
        "textDocument/hover",
        "textDocument/codeAction",
        "workspace/executeCommand",
        "understudy/status",
        "checkStatus",
        "textDocument/didOpen",
        "textDocument/didChange",
        "textDocument/didSave",
        "textDocument/didClose",
        "textDocument/didFocus",
        "textDocument/didShowCompletion",
        "textDocument/didPartiallyAcceptCompletion",
        "workspace/didChangeConfiguration",
        "workspace/didChangeWorkspaceFolders",
        "workspace/didChangeWatchedFiles",
        "$/cancelRequest",
    ];
    let lines = bytes.split(|it| *it == b'\n').enumerate();
    served(lines.map(|(at, line)| {
        let (method, params) = choice(line);
        let method = METHODS[method % METHODS.len()];
        let head = format!("{{\"jsonrpc\":\"2.0\",\"id\":{at},\"method\":\"{method}\",\"params\":");
        [head.as_bytes(), params, b"}"].concat()
    }));
}

fn served(messages: impl Iterator<Item = Vec<u8>>) {
    let mut input = Vec::new();
    for message in beginning() {
        input.extend(frame(message.to_string().as_bytes()));
    }
    messages.for_each(|it| input.extend(frame(&it)));
    let mut frames = Frames::default();
    let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let end = runtime.block_on(server::run(&input[..], frames.buffer(), Environment::default()));
    runtime.shutdown_background();
    assert!(matches!(end, ConnectionEnd::Asked | ConnectionEnd::Lost));
    while let Some(frame) = frames.next() {
        let message = serde_json::from_slice::<Value>(&frame.expect("a frame")).expect("JSON");
        assert_eq!(message["jsonrpc"], "2.0");
        assert_ne!(message["error"]["code"], -32603, "a handler panicked");
    }
    assert!(frames.buffer().is_empty());
}

fn beginning() -> [Value; 3] {
    let text = "let total = sum_of(first, second);\n".repeat(30);
    let document = json!({ "uri": "untitled:a", "languageId": "rust", "version": 0, "text": text });
    let call = |method, params| json!({ "jsonrpc": "2.0", "method": method, "params": params });
    [
        json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": { "capabilities": {} } }),
        call("initialized", json!({})),
        call("textDocument/didOpen", json!({ "textDocument": document })),
    ]
}

fn frame(body: &[u8]) -> Vec<u8> {
    [format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

/// Any reply of a model for any window: a different window without the format's markers, or nothing. Any
/// prompt of another program is parsed, and answered in its format.
fn next_edit(bytes: &[u8]) {
    let (cursor, bytes) = choice(bytes);
    let (reply, text) = texts(bytes);
    let window = EditWindow { earlier: text.clone(), cursor: cursor.min(text.len()), text };
    let prompt = EditPrompt { window, ..EditPrompt::default() };
    for format in EditFormat::ALL {
        format.render(&prompt);
        if let Some(new) = format.read(&reply, &prompt) {
            assert_ne!(new, prompt.window.text);
        }
    }
    if let Some(foreign) = next_edit::parse::parse(&reply) {
        let answer = foreign.unchanged();
        foreign.format.read(&answer, &foreign.prompt);
        foreign.write(&prompt.window.text);
    }
}

/// Any position maps to an offset in the document, and the offset maps back to an equivalent position.
fn positions(bytes: &[u8]) {
    let (line, bytes) = choice(bytes);
    let (character, bytes) = choice(bytes);
    let (offset, bytes) = choice(bytes);
    let text = String::from_utf8_lossy(bytes);
    let document = Document::new(&text, 0, "rust");
    for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
        let position = Position { line: line as u32, character: character as u32 };
        let place = document.offset(position, encoding);
        assert!(text.is_char_boundary(place));
        let same = document.position(place, encoding);
        assert_eq!(document.offset(same, encoding), place);
        // No offset is out of range or inside a code unit of the editor's encoding.
        let position = document.position(offset, encoding);
        assert!(document.offset(position, encoding) <= text.len());
    }
}

/// Any user query is used or rejected; no capture causes a panic.
fn queries(bytes: &[u8]) {
    const CODE: &str =
        "use a::b;\nmod m {\n    /// x\n    fn f(a: u8) -> u8 { a + 1 }\n}\nstruct S { x: u8 }\n";
    let (purpose, text) = choice(bytes);
    let purpose = ["definitions", "imports", "regions", "scopes"][purpose % 4];
    let folder = std::env::temp_dir().join(format!("understudy-queries-{}", std::process::id()));
    fs::create_dir_all(folder.join("rust")).expect("a folder");
    fs::write(folder.join(format!("rust/{purpose}.scm")), text).expect("a file");
    let (syntax, faults) = Syntax::new(Some(&folder));
    fs::remove_dir_all(&folder).expect("it is there");
    for fault in faults {
        assert!(!fault.to_string().is_empty());
    }
    let Some(language) = Language::named("rust") else { return };
    let document = Document::new(CODE, 0, "rust");
    let Some(tree) = syntax.parse(language, &document.rope) else { return };
    let inside =
        |range: &std::ops::Range<usize>| range.start <= range.end && range.end <= CODE.len();
    assert!(syntax.definitions(&tree).iter().all(|it| inside(&it.range)));
    syntax.imports(&tree);
    for offset in 0..CODE.len() {
        assert!(syntax.scopes(&tree, offset).iter().all(|it| inside(&it.range)));
        syntax.region(&tree, offset);
    }
}

/// A reply in any pieces becomes a text for the hole, or nothing.
fn shape(bytes: &[u8]) {
    let (size, bytes) = choice(bytes);
    let (reply, around) = texts(bytes);
    let (before, after) = around.split_at(around.floor_char_boundary(around.len() / 2));
    for extent in [CompletionScope::Line, CompletionScope::Lines(size as u32)] {
        for language in ["rust", "python", "markdown", "javascript", ""] {
            let mut shape =
                PostProcessor::new(Hole::new(before, after, language, extent, &["<EOT>"]));
            for piece in pieces(size, &reply) {
                if shape.push(&piece) == ReplyProgress::Complete {
                    break;
                }
                if let Some(fit) = shape.beginning() {
                    assert!(!fit.text.trim().is_empty() && fit.covers == 0);
                }
            }
            if let Some(fit) = shape.finish() {
                assert!(!fit.text.trim().is_empty());
                assert!(after.is_char_boundary(fit.covers));
            }
        }
    }
}

/// Any bytes as a streamed reply in any pieces: the same events as in one piece, in every dialect.
fn stream(bytes: &[u8]) {
    let (size, _) = choice(bytes);
    for framing in [Framing::Sse, Framing::Lines] {
        let events = parsed(framing, &[bytes]);
        let pieces: Vec<&[u8]> = bytes.chunks(size % 31 + 1).collect();
        assert_eq!(parsed(framing, &pieces), events);
        events.into_iter().flatten().for_each(|it| decoded(&it));
    }
}

fn parsed(framing: Framing, pieces: &[&[u8]]) -> Result<Vec<SseEvent>, TooLong> {
    let mut reader = SseReader::new(framing);
    let mut events = Vec::new();
    for piece in pieces {
        reader.push(piece)?;
        events.extend(std::iter::from_fn(|| reader.event()));
    }
    reader.end()?;
    events.extend(std::iter::from_fn(|| reader.event()));
    Ok(events)
}

/// Any URI is parsed without a panic, and its file has a single spelling.
fn path(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for family in [uri::Family::Unix, uri::Family::Windows] {
        if let Some(path) = uri::to_path(&text, family) {
            let spelled = uri::from_path(&path, family);
            assert_eq!(uri::to_path(&spelled, family), Some(path));
            assert_eq!(uri::scheme(&spelled).as_deref(), Some("file"));
        }
        uri::from_path(&text, family);
    }
    uri::scheme(&text);
}

/// A request of another program, and the events of a stream assembled into a reply.
fn fim_prompt(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(asked) = parse::parse(&text) {
        assert!(asked.prefix.len() + asked.suffix.len() <= text.len());
    }
    _ = relay::fields(&text);
    for api in [Api::ChatCompletions, Api::Messages] {
        let mut assembly = Assembly::new(api);
        for line in text.lines() {
            assembly.push(&SseEvent { name: None, data: line.to_owned() });
        }
        _ = assembly.finish();
    }
}

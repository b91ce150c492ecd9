//! The server compared with its peers: the same rows as for other servers, each with its goal.
//!
//! `cargo bench --bench lsp [-- --json]`: the built binary over stdio, a provider on loopback, and a floor
//! measured in the same run. A missed goal is marked, and the program fails.
#![allow(clippy::print_stdout, reason = "a bench prints its table")]

mod client;
mod code;
mod floor;
mod http;
mod pipe;
mod provider;
mod row;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{fs, io};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Client, URI};
use crate::code::source;
use crate::provider::{Provider, WORDS};
use crate::row::{Row, Spread};

const RUNS: usize = 120;
const LINES: usize = 10_000;
/// Longer than the pause after which the server returns unused memory.
const PAUSE: Duration = Duration::from_secs(5);
/// Typical bytes of code per token.
const BYTES_PER_TOKEN: f64 = 3.5;

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        println!("{error}");
        ExitCode::FAILURE
    })
}

fn run() -> io::Result<ExitCode> {
    if let Some(served) = floor::serve() {
        return served.map(|()| ExitCode::SUCCESS);
    }
    let provider = Provider::start()?;

    let home = home(&[&provider])?;
    let mut rows = startup(home.path(), &provider)?;
    rows.extend(typing(home.path(), &provider)?);
    rows.extend(memory(home.path())?);
    rows.extend(saved(home.path(), &provider)?);
    rows.extend(cancelled(home.path(), &provider)?);
    rows.push(busy(home.path(), &provider)?);
    rows.extend(at_once(home.path(), &provider)?);
    rows.push(limited()?);
    rows.extend(positions(home.path(), &provider)?);
    if std::env::args().any(|it| it == "--json") {
        println!("{}", Value::from_iter(rows.iter().map(Row::json)));
    } else {
        println!("{:44} {:>18}  goal", "", "median / p95");
        rows.iter().for_each(|it| println!("{}", it.line()));
    }
    let met = rows.iter().all(Row::is_met);
    Ok(if met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A settings folder with these providers in order.
fn home(providers: &[&Provider]) -> io::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    fs::create_dir(folder.path().join("understudy"))?;
    let rows = providers.iter().enumerate().map(|(at, it)| {
        let url = &it.url;
        format!(
            "[[provider]]\nname = 'p{at}'\nkind = 'vllm'\nurl = '{url}'\nmodels = ['qwen2.5-coder']\n"
        )
    });
    let names: Vec<String> =
        (0..providers.len()).map(|at| format!("'p{at}/qwen2.5-coder'")).collect();
    let head = format!(
        "embedded.preempt = 1\nroute.prefer = 'listed'\nroute.complete = [[{}]]\n",
        names.join(", ")
    );
    fs::write(folder.path().join("understudy/config.toml"), head + &rows.collect::<String>())?;
    Ok(folder)
}

/// A server with the large document open and parsed, and its provider connected.
fn opened(home: &Path, text: &str) -> io::Result<Client> {
    let mut client = Client::server(home)?;
    client.open(URI, text)?;
    client.insert(0, 0, "/")?;
    for _ in 0..3 {
        client.ask(0, 1)?;
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(client)
}

/// From process start to the response to `initialize`.
fn startup(home: &Path, provider: &Provider) -> io::Result<Vec<Row>> {
    let (mut floor, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..RUNS / 2 {
        floor.push(timed(|| floor::start(&provider.url))?);
        ours.push(timed(|| Client::server(home))?);
    }
    let name = "spawn -> initialize";
    Ok(vec![
        Row::told("spawn -> initialize, floor", Spread::of(floor)),
        Row::times(name, Spread::of(ours), 3.5),
    ])
}

fn timed<T>(run: impl FnOnce() -> io::Result<T>) -> io::Result<Duration> {
    let start = Instant::now();
    let kept = run()?;
    let took = start.elapsed();
    drop(kept);
    Ok(took)
}

/// Result of a round of requests.
struct Round {
    to_http: Spread,
    to_response: Spread,
    /// Longest request body, in bytes.
    longest: usize,
    computed: f64,
    connections: usize,
}

/// Sequential requests, each at the end of its own line, with or without an edit before it.
fn round(client: &mut Client, provider: &Provider, text: &str, edits: bool) -> io::Result<Round> {
    let ends: Vec<usize> = text.lines().map(str::len).collect();
    let (mut to_http, mut to_response, mut longest) = (Vec::new(), Vec::new(), 0);
    let (computed, connections) = (client.computed(), provider.connections());
    provider.unseen();
    for run in 0..RUNS {
        // Similar lines without repetition.
        let line = 9 * (run * 7 + if edits { 3 } else { 0 }) + 1;
        let start = Instant::now();
        if edits {
            client.insert(line, ends[line], "a")?;
        }
        client.ask(line, ends[line] + usize::from(edits))?;
        to_response.push(start.elapsed());
        let (at, body) = provider.asked()?;
        to_http.push(at.duration_since(start));
        longest = longest.max(body.len());
    }
    Ok(Round {
        to_http: Spread::of(to_http),
        to_response: Spread::of(to_response),
        longest,
        computed: client.computed() - computed,
        connections: provider.connections() - connections,
    })
}

fn typing(home: &Path, provider: &Provider) -> io::Result<Vec<Row>> {
    let text = source(LINES);
    let mut client = floor::start(&provider.url)?;
    client.ask(0, 0)?;
    let floor = round(&mut client, provider, &text, false)?;
    let mut client = opened(home, &text)?;
    let rested = round(&mut client, provider, &text, false)?;
    let edited = round(&mut client, provider, &text, true)?;
    let tokens = edited.longest as f64 / BYTES_PER_TOKEN;
    Ok(vec![
        Row::told("request -> HTTP, floor", floor.to_http),
        Row::above("request -> HTTP, 10 k lines", rested.to_http, floor.to_http, 0.1),
        Row::told("request -> response, floor", floor.to_response),
        Row::times("request -> response, 10 k lines", rested.to_response, 0.5),
        Row::times("didChange + request -> HTTP, 10 k lines", edited.to_http, 0.5),
        Row::most("    of at most", tokens, "tokens", 8192.0),
        Row::most("CPU for 120 of those", edited.computed, "s", 0.1),
        Row::count("new connections", edited.connections, 0),
    ])
}

fn memory(home: &Path) -> io::Result<Vec<Row>> {
    let mut client = Client::server(home)?;
    std::thread::sleep(PAUSE);
    let (idle, idle_own) = (client.resident(), client.anonymous());
    drop(client);
    client = opened(home, &source(LINES))?;
    let (open, open_own) = (client.resident(), client.anonymous());
    std::thread::sleep(PAUSE);
    let (paused, paused_own) = (client.resident(), client.anonymous());
    client.close()?;
    client.is_alive();
    std::thread::sleep(PAUSE);
    let (closed, closed_own) = (client.resident(), client.anonymous());
    let own = "    without file-backed pages";
    Ok(vec![
        Row::most("RSS idle", idle, "MB", 10.0),
        Row::figure(own, idle_own, "MB"),
        Row::most("RSS, 10 k lines open, after requests", open, "MB", 25.0),
        Row::figure(own, open_own, "MB"),
        Row::most("RSS, 10 k lines open, after a pause", paused, "MB", 25.0),
        Row::figure(own, paused_own, "MB"),
        Row::most("RSS, closed again", closed, "MB", 15.0),
        Row::figure(own, closed_own, "MB"),
    ])
}

/// Requests that a cache can answer.
fn saved(home: &Path, provider: &Provider) -> io::Result<Vec<Row>> {
    let mut client = opened(home, &source(200))?;
    provider.unseen();
    let begun = "    let total = ";
    client.insert(0, 0, &format!("{begun}\n"))?;
    for _ in 0..6 {
        let answer = client.ask(0, begun.len())?;
        assert_eq!(answer["items"][0]["insertText"], WORDS, "it is the model's");
    }
    let identical = provider.unseen();
    let mut through = 0;
    for (at, typed) in WORDS.char_indices().take(4) {
        client.insert(0, begun.len() + at, &typed.to_string())?;
        let answer = client.ask(0, begun.len() + at + 1)?;
        through += usize::from(answer["items"][0]["insertText"] == WORDS[at + 1..]);
    }
    let typed = provider.unseen();
    Ok(vec![
        Row::count("6 identical requests -> HTTP", identical, 1),
        Row::count("4 characters typed through -> HTTP", typed, 0),
        Row::count("    answered with the rest of the text", through, 4),
    ])
}

fn cancelled(home: &Path, provider: &Provider) -> io::Result<Vec<Row>> {
    let text = source(2_000);
    let ends: Vec<usize> = text.lines().map(str::len).collect();
    let mut client = opened(home, &text)?;
    provider.answers(200, Duration::from_secs(5));
    let (mut closed, mut answered, mut refused) = (Vec::new(), Vec::new(), 0);
    for run in 0..RUNS / 4 {
        let line = 9 * run + 1;
        provider.unseen();
        let id = client.begin(URI, (line, ends[line]), 1)?;
        provider.asked()?;
        let start = Instant::now();
        client.notify("$/cancelRequest", json!({ "id": id }))?;
        let (_, response, at) = client.response()?;
        answered.push(at.duration_since(start));
        closed.push(provider.gone()?.saturating_duration_since(start));
        refused += usize::from(response["error"]["code"] == -32800);
    }
    provider.answers(200, Duration::ZERO);
    Ok(vec![
        Row::times("$/cancelRequest -> HTTP closed", Spread::of(closed), 1.0),
        Row::times("$/cancelRequest -> -32800", Spread::of(answered), 1.0),
        Row::count("    answered with -32800, of 30", refused, RUNS / 4),
    ])
}

/// A request after an edit, while the provider handles another one.
fn busy(home: &Path, provider: &Provider) -> io::Result<Row> {
    let text = source(2_000);
    let ends: Vec<usize> = text.lines().map(str::len).collect();
    let mut client = opened(home, &text)?;
    let mut times = Vec::new();
    for run in 0..RUNS / 12 {
        provider.answers(200, Duration::from_millis(1500));
        provider.unseen();
        let line = 18 * run + 1;
        client.begin(URI, (line, ends[line]), 2)?;
        provider.asked()?;
        let start = Instant::now();
        client.insert(line + 9, ends[line + 9], "a")?;
        client.begin(URI, (line + 9, ends[line + 9] + 1), 2)?;
        times.push(provider.asked()?.0.duration_since(start));
        client.insert(0, 0, "/")?;
        client.response()?;
        client.response()?;
    }
    provider.answers(200, Duration::ZERO);
    Ok(Row::times("provider busy: edit, request -> HTTP", Spread::of(times), 1.0))
}

/// Twenty simultaneous requests to a provider that takes 300 ms.
fn at_once(home: &Path, provider: &Provider) -> io::Result<Vec<Row>> {
    const PLACES: usize = 20;
    let text = source(2_000);
    let ends: Vec<usize> = text.lines().map(str::len).collect();
    let mut client = opened(home, &text)?;
    provider.answers(200, Duration::from_millis(300));
    let (mut answered, mut last) = (0, Vec::new());
    for run in 0..5 {
        let start = Instant::now();
        for place in 0..PLACES {
            let line = 9 * (run * PLACES + place) + 1;
            client.begin(URI, (line, ends[line]), 1)?;
        }
        for _ in 0..PLACES {
            let (_, response, _) = client.response()?;
            answered += usize::from(response["result"]["items"][0].is_object());
        }
        last.push(start.elapsed());
    }
    provider.answers(200, Duration::ZERO);
    Ok(vec![
        Row::count("20 at once, answered (of 5 times 20)", answered, 5 * PLACES),
        Row::times("20 at once, the last", Spread::of(last), 305.0),
    ])
}

fn limited() -> io::Result<Row> {
    let (first, second) = (Provider::start()?, Provider::start()?);
    first.answers(429, Duration::ZERO);
    let home = home(&[&first, &second])?;
    let mut client = Client::server(home.path())?;
    let begun = "fn main() {\n    let it = ";
    client.open(URI, begun)?;
    let answer = client.ask(1, 13)?;
    let is_next = answer["items"][0]["insertText"] == WORDS && first.unseen() == 1;
    Ok(Row::yes("429", "answer of the next provider", is_next))
}

/// The cursor's position, counted in UTF-16, and a position without a line.
fn positions(home: &Path, provider: &Provider) -> io::Result<Vec<Row>> {
    let mut client = Client::server(home)?;
    client.open(URI, "fn main() {\n    let it = (\"\u{1F600}\u{1F600}\", \n}\n")?;
    provider.unseen();
    client.insert(1, 22, "7, ")?;
    client.ask(1, 25)?;
    let (_, body) = provider.asked()?;
    let right = body.contains("(\\\"\u{1F600}\u{1F600}\\\", 7, <|fim_suffix|>");
    let beyond = client.ask(9_999, 9_999).is_ok();
    let alive = beyond && client.is_alive();
    Ok(vec![
        Row::yes("cursor after two emoji (UTF-16)", "right", right),
        Row::yes("cursor line past the end", "answered, alive", alive),
    ])
}

//! Replies of a real small model at real places after `shape`: whether the shown text breaks the document,
//! and whether it closes a delimiter twice.
//!
//! Queries a llama.cpp server, or reads recorded replies from `replies.jsonl` beside this file:
//! SmolLM2-135M-Instruct (Q4_1), which has no fill-in-the-middle training and continues the text before the
//! cursor. A server is also queried as a chat. The places are in pinned packages, so a path and an offset
//! identify a place.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use ropey::Rope;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use understudy::prompt::{CompletionScope, Fill, Trigger};
use understudy::reply::completion::fit::{CursorLine, Fit};
use understudy::reply::completion::hole::Hole;
use understudy::reply::completion::syntax_check::SyntaxCheck;
use understudy::reply::completion::{PostProcessor, ReplyProgress, fit};
use understudy::syntax::Syntax;
use understudy::syntax::language::Language;
use understudy::text::Document;

use crate::ground;
use crate::llama::send;
use crate::random::Random;

const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/prompt/replies.jsonl");
/// Bytes before and after the cursor in the prompt of a small model.
const SHOWN: (usize, usize) = (600, 300);
const TOKENS: u32 = 32;

/// The form of the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Way {
    Text,
    Chat,
}

/// The reply at a place. The text from `offset` to `end` was hidden, and replaced by the closers that an
/// editor would have inserted.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Reply {
    repo: String,
    path: String,
    offset: usize,
    end: usize,
    right: String,
    way: Way,
    reply: String,
}

#[derive(Default)]
struct Figures {
    asked: usize,
    shown: usize,
    /// Syntax errors added by a shown text, except for a line that opens a delimiter which is closed later.
    broken: usize,
    opening: usize,
    /// The same for the unprocessed reply.
    raw: usize,
    doubled: usize,
    right: usize,
    /// True texts that would be hidden.
    lost: usize,
    worst: Vec<String>,
}

/// Queries a server at the places of these repositories, and writes the replies on request.
pub(crate) fn ask(
    grounds: &[(PathBuf, ground::Ground)],
    server: &str,
    record: Option<&Path>,
) -> anyhow::Result<()> {
    let mut replies = Vec::new();
    let each = 200 / grounds.len().max(1);
    for (repo, ground) in grounds {
        for mut reply in places(repo, ground, each) {
            let text = fs::read_to_string(repo.join(&reply.path))?;
            let fill = reply.fill(&text, &Syntax::new(None).0);
            reply.reply = asked(server, reply.way, &fill)?;
            replies.push(reply);
        }
    }
    if let Some(record) = record {
        let lines: Result<Vec<String>, _> = replies.iter().map(serde_json::to_string).collect();
        fs::write(record, lines?.join("\n") + "\n")?;
    }
    let repos: Vec<PathBuf> = grounds.iter().map(|it| it.0.clone()).collect();
    print(&repos, &replies)
}

/// Recorded replies at places of these repositories.
pub(crate) fn replay(repos: &[PathBuf]) -> anyhow::Result<()> {
    let text = fs::read_to_string(RECORDED)?;
    let replies: Result<Vec<Reply>, _> = text.lines().map(serde_json::from_str).collect();
    print(repos, &replies?)
}

fn name(repo: &Path) -> String {
    repo.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Places in the held-out files: at a line's start, within it, and between brackets.
fn places(repo: &Path, ground: &ground::Ground, count: usize) -> Vec<Reply> {
    let mut random = Random(11);
    let mut places = Vec::new();
    while places.len() < count {
        let (path, text) = &ground.held[random.below(ground.held.len())];
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let nth = random.below(lines.len());
        let line = lines[nth].trim_end();
        let indent = line.len() - line.trim_start().len();
        if line.len() < indent + 6 || !line.is_ascii() {
            continue;
        }
        let start: usize = lines[..nth].iter().map(|it| it.len()).sum();
        let column = match places.len() % 4 {
            0 => indent,
            1 => line.find('(').map_or(indent, |it| it + 1),
            _ => indent + 1 + random.below(line.len() - indent - 1),
        };
        let open = |it: char| line[..column].matches(it).count();
        let close = |it: char| line[column..].matches(it).count();
        let is_closed = open('(') > line[..column].matches(')').count() && close(')') > 0;
        let right = if places.len() % 4 == 1 && is_closed { ")" } else { "" };
        let way = if places.len() % 10 == 9 { Way::Chat } else { Way::Text };
        places.push(Reply {
            repo: name(repo),
            path: path.strip_prefix(repo).unwrap_or(path).to_string_lossy().into_owned(),
            offset: start + column,
            end: start + line.len(),
            right: right.to_owned(),
            way,
            reply: String::new(),
        });
    }
    places
}

impl Reply {
    fn language(&self) -> Option<Language> {
        Language::detect("", Some(Path::new(&self.path)), "")
    }

    /// The text with `inserted` in the hole, replacing `covers` bytes after it.
    fn with(&self, text: &str, inserted: &str, covers: usize) -> String {
        let right = &self.right[covers.min(self.right.len())..];
        [&text[..self.offset], inserted, right, &text[self.end..]].concat()
    }

    fn errors(&self, text: &str, syntax: &Syntax) -> usize {
        let tree = self.language().and_then(|it| syntax.parse(it, &Rope::from_str(text)));
        tree.map_or(0, |it| it.errors())
    }

    fn fill(&self, text: &str, syntax: &Syntax) -> Fill {
        let holed = self.with(text, "", 0);
        let (before, after) = holed.split_at(self.offset);
        let head = before.rsplit('\n').next().unwrap_or_default();
        let tree = self.language().and_then(|it| syntax.parse(it, &Rope::from_str(&holed)));
        let region = tree.map(|it| syntax.region(&it, self.offset));
        let region = region.unwrap_or(understudy::syntax::region::Region::Code);
        Fill {
            path: self.path.clone(),
            language: self.language().map_or("", Language::name).to_owned(),
            parts: Vec::new(),
            prefix: before.to_owned(),
            suffix: after.to_owned(),
            extent: CompletionScope::automatic(head, &self.right, region),
            max_tokens: TOKENS,
            trigger: Trigger::Invoked,
            draft: None,
            typed: String::new(),
        }
    }

    /// The shown text of a reply that streams in pieces.
    fn shown(&self, fill: &Fill, ground: &SyntaxCheck, syntax: &Syntax) -> Option<Fit> {
        let mut shape = PostProcessor::new(Hole::of(fill, &[]));
        let mut random = Random(self.offset as u64 + 1);
        let mut rest = self.reply.as_str();
        while !rest.is_empty() {
            let cut = rest.ceil_char_boundary(1 + random.below(8)).min(rest.len());
            if shape.push(&rest[..cut]) == ReplyProgress::Complete {
                break;
            }
            rest = &rest[cut..];
        }
        ground.sound(syntax, shape.finish()?)
    }

    /// The document with its hole.
    fn ground(&self, text: &str) -> SyntaxCheck {
        let document = Document::new(&self.with(text, "", 0), 0, "");
        let offset = self.offset;
        SyntaxCheck {
            document,
            language: self.language(),
            offset,
            tree: None,
            line: self.line(text),
        }
    }

    fn line(&self, text: &str) -> CursorLine {
        let name = self.language().map_or("", Language::name);
        CursorLine::new(&text[..self.offset], &self.right, name, None)
    }

    /// Whether the true text would be shown.
    fn keeps_the_truth(&self, text: &str, syntax: &Syntax) -> bool {
        let fit = fit::fit(&text[self.offset..self.end], &self.line(text));
        fit.is_none_or(|it| self.ground(text).sound(syntax, it.clone()) == Some(it))
    }
}

impl Figures {
    fn add(&mut self, reply: &Reply, text: &str, syntax: &Syntax) {
        self.asked += 1;
        let fill = reply.fill(text, syntax);
        let before = reply.errors(&reply.with(text, "", 0), syntax);
        let raw = reply.errors(&reply.with(text, &reply.reply, 0), syntax);
        self.raw += usize::from(raw > before);
        self.lost += usize::from(!reply.keeps_the_truth(text, syntax));
        let ground = reply.ground(text);
        let Some(Fit { text: shown, covers }) = reply.shown(&fill, &ground, syntax) else { return };
        self.shown += 1;
        let after = reply.errors(&reply.with(text, &shown, covers), syntax);
        let head = fill.prefix.rsplit('\n').next().unwrap_or_default();
        let is_doubled = !reply.right.is_empty()
            && unmatched(&reply.with(text, &shown, covers)) > unmatched(&reply.with(text, "", 0));
        self.doubled += usize::from(is_doubled);
        self.right += usize::from(shown.trim() == text[reply.offset..reply.end].trim());
        if after > before || is_doubled {
            let opens = shown.ends_with(['(', '[', '{', ',', ':']);
            self.opening += usize::from(after > before && opens);
            self.broken += usize::from(after > before && !opens);
            self.worst.push(format!("{head:?} | {shown:?} | {:?}", reply.right));
        }
    }
}

/// Closing brackets without openers in a text.
fn unmatched(text: &str) -> usize {
    let mut depth = Vec::new();
    text.chars()
        .filter(|it| match it {
            '(' | '[' | '{' => {
                depth.push(*it);
                false
            }
            ')' | ']' | '}' => depth.pop().is_none(),
            _ => false,
        })
        .count()
}

fn print(repos: &[PathBuf], replies: &[Reply]) -> anyhow::Result<()> {
    let (syntax, _) = Syntax::new(None);
    let mut figures: HashMap<Way, Figures> = HashMap::new();
    for reply in replies {
        let Some(repo) = repos.iter().find(|it| name(it) == reply.repo) else { continue };
        let text = fs::read_to_string(repo.join(&reply.path))?;
        figures.entry(reply.way).or_default().add(reply, &text, &syntax);
    }
    if figures.is_empty() {
        println!("\nreplies: no recordings for these trees (use `--server URL`)");
    }
    for (way, it) in figures {
        let of = |count: usize| 100.0 * count as f64 / it.shown.max(1) as f64;
        println!(
            "\nreplies, {way:?}: {} asked, {} shown, {:.1} % of these right; syntax errors added: {:.1} % \
             and {:.1} % by lines that open what is not closed yet (goal 2; {:.1} % of all as replied); closers doubled: {} (goal 0); true texts refused: {:.1} %",
            it.asked,
            it.shown,
            of(it.right),
            of(it.broken),
            of(it.opening),
            100.0 * it.raw as f64 / it.asked as f64,
            it.doubled,
            100.0 * it.lost as f64 / it.asked as f64,
        );
        it.worst.iter().take(20).for_each(|it| println!("    {it}"));
    }
    Ok(())
}

fn asked(server: &str, way: Way, fill: &Fill) -> anyhow::Result<String> {
    let prefix =
        &fill.prefix[fill.prefix.ceil_char_boundary(fill.prefix.len().saturating_sub(SHOWN.0))..];
    let suffix = &fill.suffix[..fill.suffix.floor_char_boundary(SHOWN.1.min(fill.suffix.len()))];
    match way {
        Way::Text => {
            // As in real requests: a line end stops a completion of one line.
            let stop = if fill.extent == CompletionScope::Line { vec!["\n"] } else { Vec::new() };
            let body =
                json!({ "prompt": prefix, "n_predict": TOKENS, "temperature": 0, "stop": stop });
            let answer = serde_json::from_str::<Value>(&send(server, "/completion", &body)?)?;
            Ok(answer["content"].as_str().context("no content")?.to_owned())
        }
        Way::Chat => {
            let fill =
                Fill { prefix: prefix.to_owned(), suffix: suffix.to_owned(), ..fill.clone() };
            let chat = fill.as_chat();
            let body = json!({
                "messages": [
                    { "role": "system", "content": chat.system },
                    { "role": "user", "content": chat.turns[0].text },
                ],
                "max_tokens": TOKENS, "temperature": 0, "stop": chat.stop,
            });
            let answer =
                serde_json::from_str::<Value>(&send(server, "/v1/chat/completions", &body)?)?;
            Ok(answer["choices"][0]["message"]["content"]
                .as_str()
                .context("no content")?
                .to_owned())
        }
    }
}

//! `understudy complete`: the suggestion at one place of a file, or why there is none.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::cli::Common;
use crate::cli::asking::Asking;
use crate::cli::term::place::FilePosition;
use crate::cli::term::print;
use crate::cli::term::print::{PrintedAnswer, PrintedSuggestion};
use crate::config::source::WORKSPACE_FILE;
use crate::feature::completion::suggestion::Suggestion;
use crate::feature::completion::unavailable::About;
use crate::feature::completion::{CompletionRequest, Unavailable};
use crate::feature::doctor;
use crate::feature::document::{OpenDocument, Place};
use crate::prompt::Trigger;
use crate::router::outcome::MissReason;
use crate::text::Document;
use crate::text::position::{Encoding, Position};
use crate::workspace::files;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Place to complete; line and column count from 1, the column in characters
    #[arg(value_name = "FILE:LINE:COL")]
    pub place: FilePosition,
    /// Use only this provider
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    let named = &args.place;
    let path = named
        .path
        .canonicalize()
        .with_context(|| format!("cannot open {}", named.path.display()))?;
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let asking = Asking::begin(common, args.provider.as_ref(), vec![root(&path)])?;
    let engine = &asking.engine;
    let shared = &engine.core.shared;
    shared.index.settle();

    let document = Document::new(&text, 0, "");
    let open = OpenDocument::new("", Some(path), document, &shared.trees);
    shared.trees.settle("");
    let at = Position { line: named.line as u32 - 1, character: named.column as u32 - 1 };
    let place = open.place(open.document.offset(at, Encoding::Utf32));
    let ask = CompletionRequest { trigger: Trigger::Invoked, selected: None };
    let mut asked = Instant::now();
    let mut answer = asking.wait(engine.completer.suggest(&place, &ask));
    if let (Err(_), Some(models)) = (&answer, &engine.core.models)
        && asking.wait(doctor::await_starting(models))
    {
        asked = Instant::now();
        answer = asking.wait(engine.completer.suggest(&place, &ask));
    }
    let elapsed = asked.elapsed();

    let (offer, silence) = match answer {
        Ok(suggestions) => (suggestions.into_iter().next(), None),
        Err(silence) => (None, Some(silence)),
    };
    let answer = printed(named, &place, offer, elapsed);
    let mut out = anstream::stdout().lock();
    if common.json {
        writeln!(out, "{}", serde_json::to_string(&answer)?)?;
    } else {
        print::answer(&mut out, &answer)?;
        if let Some(silence) = silence {
            writeln!(out, "{}", reason(&silence, &engine.completer.silences.about(&open)))?;
        }
    }
    Ok(if answer.suggestion.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn printed(
    named: &FilePosition,
    place: &Place,
    offer: Option<Suggestion>,
    elapsed: Duration,
) -> PrintedAnswer {
    let document = &place.open.document;
    let line = document.line(document.rope.byte_to_line(place.offset)).to_string();
    let column = document.position(place.offset, Encoding::Utf8).character as usize;
    let (before, after) = line.split_at(column);
    let covered = offer.as_ref().map_or(0, |it| it.range.end - place.offset);
    let suggestion = offer.map(|it| PrintedSuggestion {
        text: it.text,
        confidence: it.confidence,
        by: it.by.to_string(),
    });
    let (before, after) = (before.to_owned(), after[covered..].to_owned());
    PrintedAnswer { place: named.clone(), before, after, suggestion, elapsed }
}

/// Files in the root of a project.
const MANIFESTS: [&str; 16] = [
    "Cargo.toml",
    "Gemfile",
    "Package.swift",
    "build.gradle",
    "build.gradle.kts",
    "build.sbt",
    "build.zig",
    "composer.json",
    "deno.json",
    "go.mod",
    "mix.exs",
    "package.json",
    "pom.xml",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
];
const SOLUTIONS: [&str; 2] = ["sln", "slnx"];

/// The folder that an editor would open for a file: its repository, else its project, else its parent folder.
pub(super) fn root(path: &Path) -> PathBuf {
    let holds = |it: &Path| it.join(".git").exists() || it.join(WORKSPACE_FILE).exists();
    let parents = || path.ancestors().skip(1);
    let folder = parents().find(|it| holds(it)).or_else(|| parents().find(|it| is_project(it)));
    folder.or(path.parent()).unwrap_or(Path::new(".")).to_owned()
}

/// Whether a folder contains the manifest of a project. The home folder is no project: it is not indexed.
fn is_project(folder: &Path) -> bool {
    let is_solution = |path: PathBuf| {
        let extension = path.extension().and_then(|it| it.to_str());
        extension.is_some_and(|it| SOLUTIONS.contains(&it))
    };
    files::is_project(folder)
        && (MANIFESTS.iter().any(|it| folder.join(it).is_file())
            || fs::read_dir(folder).is_ok_and(|it| it.flatten().any(|it| is_solution(it.path()))))
}

/// Why there is no suggestion, with the error of each model that failed.
fn reason(silence: &Unavailable, about: &About) -> String {
    let Unavailable::Failed(missed) = silence else { return silence.reason(about) };
    let tried = missed.iter().filter_map(|it| match &it.cause {
        MissReason::Tried(trouble) => Some(format!("\n{}: {trouble}", it.target)),
        MissReason::Skipped(_) => None,
    });
    let tried: String = tried.collect();
    if tried.is_empty() { silence.reason(about) } else { format!("no model answered:{tried}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_of_a_file_is_its_repository_or_its_project() {
        let folder = tempfile::tempdir().unwrap();
        let check = |marker: &str, file: &str, expected: &str| {
            let project = tempfile::tempdir_in(folder.path()).unwrap();
            for path in [marker, file] {
                let path = project.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "").unwrap();
            }
            let found = root(&project.path().join(file));
            assert_eq!(found, project.path().join(expected), "{marker}");
        };
        for marker in MANIFESTS.into_iter().chain(["Shop.sln"]) {
            check(marker, "src/main/java/a/A.java", "");
            check(&format!("part/{marker}"), "part/src/a.rs", "part");
        }
        check(".git/config", "part/src/a.rs", "");
        check("notes.txt", "part/src/a.rs", "part/src");
    }
}

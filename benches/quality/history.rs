//! Real additions: replays the commits of a repository, or tests its tree of some time ago on lines written
//! since.

use std::path::Path;

use understudy::syntax::language;
use understudy::syntax::language::Language;

use super::corpus::Kind;
use super::git::{Hunk, Repository, Tree};
use super::report::{Row, Typed};
use super::rest_of_line::Place;
use super::typing::Line;
use super::{corpus, index, rest_of_line, typing};
use crate::random::Random;

/// Thresholds at which shown text is evaluated.
const THRESHOLDS: [f32; 3] = [0.5, 0.7, 0.9];

/// Replays the last commits in order. Types up to `lines` lines of each, with the tree before the commit as
/// the workspace.
pub(crate) fn replay(
    repository: &mut Repository,
    commits: usize,
    lines: usize,
) -> anyhow::Result<Vec<Typed>> {
    let mut rows = Vec::new();
    for commit in repository.commits(commits)? {
        let parent = format!("{commit}^");
        let (old, new) = (repository.tree(&parent)?, repository.tree(&commit)?);
        let hunks = repository.diff(&parent, &commit)?;
        let lines = drawn(added(&hunks, &old, &new), lines);
        if !lines.is_empty() {
            let files = old.iter().map(|(path, text)| (path.as_path(), &**text));
            let (tokens, _) = index(&repository.name, files);
            rows.extend(typing::lines(&repository.name, &tokens, &lines));
        }
    }
    Ok(rows)
}

/// The tree `commits` ago as the workspace. Tests up to `count` lines added since to its files: the complete
/// line, and the rest after one of its words.
pub(crate) fn split(
    repository: &mut Repository,
    commits: usize,
    count: usize,
) -> anyhow::Result<Vec<Row>> {
    let ancestor = repository.ancestor(commits)?;
    let (old, new) = (repository.tree(&ancestor)?, repository.tree("HEAD")?);
    let mut hunks = repository.diff(&ancestor, "HEAD")?;
    hunks.retain(|it| it.old.is_some());
    let files = old.iter().map(|(path, text)| (path.as_path(), &**text));
    let (tokens, _) = index(&repository.name, files);
    let mut random = Random(99);
    let mut rows = Vec::new();
    for line in drawn(added(&hunks, &old, &new), count) {
        for kind in [Kind::LineStart, Kind::Boundary] {
            let bounds = (line.range.start, line.range.end);
            let Some(position) = corpus::position(line.text, bounds, kind, &mut random) else {
                continue;
            };
            let place = Place {
                repo: &repository.name,
                file: line.file,
                path: line.path,
                before: &line.text[..position.offset],
                after: &line.after,
                kind,
                truth: &position.truth,
            };
            rows.extend(rest_of_line::ask(&tokens, &place, &THRESHOLDS));
        }
    }
    Ok(rows)
}

/// Every code line that was added. The text before it is the new text; the text after it is the old text
/// below its hunk, so neither the rest of the hunk nor later edits are visible.
fn added<'a>(hunks: &'a [Hunk], old: &Tree, new: &'a Tree) -> Vec<Line<'a>> {
    let (mut lines, mut file, mut last) = (Vec::new(), 0, None);
    for hunk in hunks.iter().filter(|it| is_code(&it.path)) {
        let Some(text) = new.get(&hunk.path) else { continue };
        if last.replace(&hunk.path) != Some(&hunk.path) {
            file += 1;
        }
        let path = hunk.old.as_deref().unwrap_or(&hunk.path);
        let before = old.get(path).map_or("", |it| &**it);
        let below = corpus::lines(before).nth(hunk.removed.end).map_or(before.len(), |it| it.0);
        let ranges = corpus::lines(text).skip(hunk.added.start).take(hunk.added.len());
        for (start, end) in ranges.filter(|it| corpus::worth(text, it)) {
            let after = ["\n", &before[below..]].concat();
            lines.push(Line { file, path, text, range: start..end, after });
        }
    }
    lines
}

/// Up to `count` of the lines in order.
fn drawn(lines: Vec<Line<'_>>, count: usize) -> Vec<Line<'_>> {
    let (mut random, mut left, mut wanted) = (Random(0x12345), lines.len(), count);
    let mut drawn = Vec::new();
    for line in lines {
        if random.below(left) < wanted {
            drawn.push(line);
            wanted -= 1;
        }
        left -= 1;
    }
    drawn
}

fn is_code(path: &Path) -> bool {
    let language = Language::detect("", Some(path), "");
    language.is_some_and(|it| !language::is_prose(it.name()))
}

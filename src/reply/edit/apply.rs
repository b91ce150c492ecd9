//! Search and replace blocks.

use crate::reply::edit::unusable::Unusable;
use crate::reply::edit::{Site, elided, indent};

const SEARCH: &str = "<<<<<<< SEARCH";
const MIDDLE: &str = "=======";
const REPLACE: &str = ">>>>>>> REPLACE";

pub(super) struct SearchBlock {
    search: String,
    replace: String,
}

enum Reading {
    Nothing,
    Search,
    Replace,
}

/// The blocks of an answer; `None` if it has none.
pub(super) fn blocks(answer: &str) -> Result<Option<Vec<SearchBlock>>, Unusable> {
    let (mut blocks, mut reading) = (Vec::new(), Reading::Nothing);
    let (mut search, mut replace) = (String::new(), String::new());
    for line in answer.lines() {
        match (&reading, line.trim_end()) {
            (Reading::Nothing, SEARCH) => reading = Reading::Search,
            (Reading::Nothing, _) => {}
            (Reading::Search, MIDDLE) => reading = Reading::Replace,
            (Reading::Search, _) => search.extend([line, "\n"]),
            (Reading::Replace, REPLACE) => {
                let (search, replace) = (std::mem::take(&mut search), std::mem::take(&mut replace));
                blocks.push(SearchBlock { search, replace });
                reading = Reading::Nothing;
            }
            (Reading::Replace, _) => replace.extend([line, "\n"]),
        }
    }
    match reading {
        Reading::Nothing if blocks.is_empty() => Ok(None),
        Reading::Nothing => Ok(Some(blocks)),
        Reading::Search | Reading::Replace => Err(Unusable::Half),
    }
}

/// `old` with every block applied. Lines are compared without surrounding white space, since models lose it;
/// the replacement gets the indentation of the match.
pub(super) fn apply(blocks: &[SearchBlock], site: &Site<'_>) -> Result<String, Unusable> {
    let old = site.old;
    let ends_open = !old.ends_with('\n');
    let mut lines: Vec<&str> = old.lines().collect();
    let mut made: Vec<String> = Vec::with_capacity(blocks.len());
    let mut places = Vec::with_capacity(blocks.len());
    for (at, block) in blocks.iter().enumerate() {
        let searched: Vec<&str> = block.search.lines().map(str::trim).collect();
        if searched.iter().all(|it| it.is_empty()) {
            return Err(Unusable::NotFound(at + 1));
        }
        let alike =
            |window: &[&str]| window.iter().map(|it| it.trim()).eq(searched.iter().copied());
        let mut found = lines.windows(searched.len()).enumerate().filter(|it| alike(it.1));
        let (start, window) = found.next().ok_or(Unusable::NotFound(at + 1))?;
        if found.next().is_some() {
            return Err(Unusable::Ambiguous(at + 1));
        }
        let window = window.join("\n") + "\n";
        let [search, replace] =
            [&block.search, &block.replace].map(|it| indent::in_kind(it, site.unit));
        let shifted = indent::shifted(&search, &window, &replace);
        made.push(elided::filled(&shifted, &window, site.language)?);
        places.push((start..start + searched.len(), at));
    }
    places.sort_by_key(|(range, _)| range.start);
    if let Some(pair) = places.windows(2).find(|it| it[0].0.end > it[1].0.start) {
        return Err(Unusable::Ambiguous(pair[1].1 + 1));
    }
    for (range, at) in places.into_iter().rev() {
        lines.splice(range, made[at].lines());
    }
    let text = lines.join("\n");
    Ok(if ends_open || text.is_empty() { text } else { text + "\n" })
}

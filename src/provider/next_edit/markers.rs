//! The numbered markers of Zeta 2.1: where they divide a window, and a reply between two of them. The rule is
//! that of Zed's format `V0318SeedMultiRegions`: blocks of 6 to 16 lines that begin after a blank line.

use std::ops::Range;

/// Lines of a block.
const LEAST: usize = 6;
const MOST: usize = 16;
/// Lines that a boundary moves forward at most to a line that does not end a block.
const NUDGE: usize = 5;
pub(super) const HEAD: &str = "<|marker_";
const TAIL: &str = "|>";

pub(super) fn tag(number: usize) -> String {
    format!("{HEAD}{number}{TAIL}")
}

struct Line<'a> {
    start: usize,
    text: &'a str,
}

impl Line<'_> {
    fn is_blank(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether a block may begin here.
    fn begins(&self) -> bool {
        let ends = ["break", "continue", "return", "throw", "end"];
        !self.is_blank()
            && !self.text.starts_with(['}', ']', ')'])
            && !ends.contains(&self.text.trim_end_matches(';'))
    }
}

/// Offsets of the markers: the first is zero, the last is the end of the window.
pub(super) fn boundaries(window: &str) -> Vec<usize> {
    let lines = lines(window);
    let (mut offsets, mut last, mut at) = (vec![0], 0, 0);
    while at < lines.len() {
        let gap = at - last;
        let is_after_blank = at > 0 && lines[at - 1].is_blank() && !lines[at].is_blank();
        let ahead = (at..lines.len().min(at + NUDGE)).find(|it| lines[*it].begins()).unwrap_or(at);
        let splits = gap >= LEAST && is_after_blank && lines.len() - ahead >= LEAST;
        if (splits || gap >= MOST) && lines[ahead].start > offsets[offsets.len() - 1] {
            offsets.push(lines[ahead].start);
            (last, at) = (ahead, ahead);
        }
        at += 1;
    }
    if offsets[offsets.len() - 1] != window.len() || window.is_empty() {
        offsets.push(window.len());
    }
    offsets
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    let lines = text.split_inclusive('\n').map(|line| {
        let at = start;
        start += line.len();
        Line { start: at, text: line.trim() }
    });
    lines.collect()
}

/// The window with its markers, and another marker at the cursor.
pub(super) fn marked(window: &str, cursor: usize, mark: &str) -> String {
    let offsets = boundaries(window);
    let mut text = String::with_capacity(window.len() + 64);
    let mut cursor = Some(cursor);
    for (at, start) in offsets.iter().enumerate() {
        text += &tag(at + 1);
        let Some(end) = offsets.get(at + 1) else { break };
        match cursor.take_if(|it| (*start..=*end).contains(it)) {
            Some(cursor) => text.extend([&window[*start..cursor], mark, &window[cursor..*end]]),
            None => text += &window[*start..*end],
        }
    }
    text
}

/// The markers in a text: their numbers and places.
pub(super) fn tags(text: &str) -> Vec<(usize, Range<usize>)> {
    let found = text.match_indices(HEAD).filter_map(|(at, _)| {
        let digits = &text[at + HEAD.len()..];
        let end = digits.find(TAIL)?;
        Some((digits[..end].parse().ok()?, at..at + HEAD.len() + end + TAIL.len()))
    });
    found.collect()
}

/// The window after a reply: the text between the reply's first and last marker replaces what is between
/// those markers in the window. The same marker twice suggests no edit.
pub(super) fn applied(reply: &str, window: &str, offsets: &[usize]) -> Option<String> {
    let tags = tags(reply);
    let [(first, _), .., (last, _)] = &tags[..] else { return None };
    if first >= last {
        return None;
    }
    let at = |number: &usize| offsets.get(number.checked_sub(1)?).copied();
    let (start, end) = (at(first)?, at(last)?);
    let between = tags.windows(2).map(|it| &reply[it[0].1.end..it[1].1.start]);
    Some([&window[..start], &between.collect::<String>(), &window[end..]].concat())
}

/// A new window as a reply: the lines that differ between the markers around them.
pub(super) fn written(window: &str, new: &str, offsets: &[usize]) -> String {
    let same = |it: &(u8, u8)| it.0 == it.1;
    let head = window.bytes().zip(new.bytes()).take_while(same).count();
    let most = window.len().min(new.len()) - head;
    let tail = window.bytes().rev().zip(new.bytes().rev()).take(most).take_while(same).count();
    let is_start = |it: &usize| *it == 0 || window.as_bytes()[*it - 1] == b'\n';
    let edited = (window.len() - tail..window.len()).find(is_start).unwrap_or(window.len());
    let first = offsets.iter().rposition(|it| *it <= head).unwrap_or(0);
    let last = offsets.iter().position(|it| *it >= edited).unwrap_or(offsets.len() - 1);
    if window == new {
        return [tag(first + 1), tag(first + 1)].concat();
    }
    let (first, last) = match first < last {
        true => (first, last),
        false if first + 1 < offsets.len() => (first, first + 1),
        false => (first.saturating_sub(1), first),
    };
    let behind = |at: usize| new.len() - (window.len() - at.max(edited));
    // A boundary within the changed text may stand anywhere in it.
    let moved = |at: usize| if at <= head { at } else { behind(at) };
    let inner = offsets[first..last].iter().map(|it| moved(*it));
    let places: Vec<usize> = inner.chain([behind(offsets[last])]).collect();
    let blocks = (first..last).zip(places.windows(2));
    let block = |at: usize, it: &[usize]| {
        [&tag(at + 1), new.get(it[0]..it[1]).unwrap_or_default()].concat()
    };
    blocks.map(|(at, it)| block(at, it)).chain([tag(last + 1)]).collect()
}

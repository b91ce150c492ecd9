//! The lexemes that differ between two texts: the longest common block, then the same on its left and right
//! (Ratcliff and Obershelp, as in Python's `difflib` without its junk heuristic).

use std::ops::Range;

use rustc_hash::FxHashMap;

/// The ranges that differ, in order: `old` became `new`. One of them may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) old: Range<usize>,
    pub(super) new: Range<usize>,
}

/// A common block.
#[derive(Clone, Copy)]
struct Block {
    old: usize,
    new: usize,
    length: usize,
}

pub(super) fn differences(old: &[&str], new: &[&str]) -> Vec<Difference> {
    let mut places: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (at, word) in new.iter().enumerate() {
        places.entry(word).or_default().push(at);
    }
    let mut blocks = Vec::new();
    let mut waiting = vec![(0..old.len(), 0..new.len())];
    while let Some((left, right)) = waiting.pop() {
        let Some(block) = longest(old, &places, &left, &right) else { continue };
        waiting.push((left.start..block.old, right.start..block.new));
        waiting.push((block.old + block.length..left.end, block.new + block.length..right.end));
        blocks.push(block);
    }
    blocks.sort_by_key(|it| it.old);
    blocks.push(Block { old: old.len(), new: new.len(), length: 0 });
    let (mut differences, mut at) = (Vec::new(), (0, 0));
    for it in blocks {
        if at != (it.old, it.new) {
            differences.push(Difference { old: at.0..it.old, new: at.1..it.new });
        }
        at = (it.old + it.length, it.new + it.length);
    }
    for at in 0..differences.len() {
        let end = differences.get(at + 1).map_or(old.len(), |it| it.old.start);
        slide(&mut differences[at], new, end);
    }
    differences
}

/// Moves an insertion so that it begins with a comma, if that makes the same text: `: A, b` in `a: A, b: A` is `, b: A`
/// behind the first type. The lexemes up to `end` of the old text are common.
fn slide(difference: &mut Difference, new: &[&str], end: usize) {
    let Difference { old, new: range } = difference.clone();
    let is_item = |it: &[&str]| it.first() == Some(&",") || it.last() == Some(&",");
    if !old.is_empty() || is_item(&new[range.clone()]) {
        return;
    }
    for by in 1..=end - old.start {
        let moved = range.start + by..range.end + by;
        if new[moved.start - 1] != new[moved.end - 1] {
            return;
        }
        if new[moved.start] == "," {
            *difference = Difference { old: old.start + by..old.end + by, new: moved };
            return;
        }
    }
}

/// The longest common block within both ranges; of several, the first in `old`, then in `new`.
fn longest(
    old: &[&str],
    places: &FxHashMap<&str, Vec<usize>>,
    left: &Range<usize>,
    right: &Range<usize>,
) -> Option<Block> {
    let mut best: Option<Block> = None;
    // Lengths of the common blocks that end before `at` in `old`, by their end in `new`.
    let mut ending: FxHashMap<usize, usize> = FxHashMap::default();
    for at in left.clone() {
        let mut next = FxHashMap::default();
        let places = places.get(old[at]).map_or(&[][..], Vec::as_slice);
        for place in places.iter().copied().filter(|it| right.contains(it)) {
            let length = ending.get(&place).copied().unwrap_or_default() + 1;
            next.insert(place + 1, length);
            if best.is_none_or(|it| length > it.length) {
                best = Some(Block { old: at + 1 - length, new: place + 1 - length, length });
            }
        }
        ending = next;
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(old: &str, new: &str, expected: &[(&str, &str)]) {
        let [old, new] = [old, new].map(|it| it.split(' ').collect::<Vec<_>>());
        let found = differences(&old, &new).into_iter();
        let found: Vec<_> =
            found.map(|it| (old[it.old].join(" "), new[it.new].join(" "))).collect();
        let found: Vec<_> = found.iter().map(|it| (&*it.0, &*it.1)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_differs_is_what_no_shared_block_covers() {
        check("a b c d", "a x c d", &[("b", "x")]);
        check("f ( a )", "f ( a , b )", &[("", ", b")]);
        check("let x = f ( y ) ;", "let x = f ( y ) ? ;", &[("", "?")]);
        check("( a : A ) : A {", "( a : A , b : A ) : A {", &[("", ", b : A")]);
        check("f ( a , a )", "f ( a , a , a )", &[("", ", a")]);
        check("a b", "a b", &[]);
        check("a b", "c", &[("a b", "c")]);
    }

    proptest! {
        #[test]
        fn differences_applied_to_the_old_give_the_new(
            old in prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "("]), 0..20),
            new in prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "("]), 0..20),
        ) {
            let (mut made, mut at) = (Vec::new(), 0);
            for it in differences(&old, &new) {
                prop_assert!(it.old.start >= at && !(it.old.is_empty() && it.new.is_empty()));
                made.extend_from_slice(&old[at..it.old.start]);
                made.extend_from_slice(&new[it.new.clone()]);
                at = it.old.end;
            }
            made.extend_from_slice(&old[at..]);
            prop_assert_eq!(made, new);
        }
    }
}

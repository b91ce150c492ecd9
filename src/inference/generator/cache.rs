//! Which prompts the engine has in memory, and which of them a new prompt continues.
//!
//! Pure. Prompts are compared token by token, so that a reused beginning is exactly what a new reading would
//! compute. The text behind the hole follows the typed text in a prompt, so each key has it read again. Moving it in
//! memory instead saves that, but Qwen2.5-Coder 0.5B then continued at the old place of the cursor: 0 of 27 lines were
//! right, instead of 9.

/// Prompts that are kept. Each window or document usually needs one.
pub(super) const SEQUENCES: usize = 4;

/// The prompts in memory, by the number of their sequence.
#[derive(Debug, Default)]
pub(super) struct PromptCache {
    held: [HeldTokens; SEQUENCES],
    uses: u64,
}

#[derive(Debug, Default)]
struct HeldTokens {
    tokens: Vec<i32>,
    used: u64,
}

/// Where a prompt is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placement {
    pub(super) sequence: usize,
    /// Tokens at the start of the prompt that are in memory.
    pub(super) kept: usize,
    /// The sequence that has them, if it is another one.
    pub(super) from: Option<usize>,
    /// Sequences that must be emptied first.
    pub(super) evicted: Vec<usize>,
}

impl PromptCache {
    /// Places a prompt. A prompt whose larger part continues a held one replaces it; any other replaces the one
    /// that was used least recently, and copies the common beginning. `capacity` is that of all sequences
    /// together, `room` the tokens that may follow the prompt.
    pub(super) fn place(&mut self, prompt: &[i32], room: usize, capacity: usize) -> Placement {
        self.uses += 1;
        let all = 0..SEQUENCES;
        let common = all.clone().map(|it| common(&self.held[it].tokens, prompt));
        let common: Vec<usize> = common.collect();
        let nearest = all.clone().max_by_key(|it| (common[*it], self.held[*it].used)).unwrap_or(0);
        let kept = common[nearest].min(prompt.len().saturating_sub(1));
        let oldest = all.clone().min_by_key(|it| self.held[*it].used).unwrap_or(0);
        let continues = 2 * kept >= prompt.len().min(self.held[nearest].tokens.len());
        let sequence = if continues { nearest } else { oldest };
        let mut evicted = Vec::new();
        if sequence != nearest {
            evicted.push(sequence);
        }
        let mut others: Vec<usize> = all.filter(|it| *it != sequence).collect();
        others.sort_by_key(|it| (*it == nearest, self.held[*it].used));
        let mut total: usize = others.iter().map(|it| self.held[*it].tokens.len()).sum();
        for it in others {
            if total + prompt.len() + room <= capacity {
                break;
            }
            total -= self.held[it].tokens.len();
            evicted.push(it);
        }
        let from = Some(nearest).filter(|it| *it != sequence && !evicted.contains(it));
        let kept = if sequence == nearest || from.is_some() { kept } else { 0 };
        evicted.iter().for_each(|it| self.held[*it] = HeldTokens::default());
        self.held[sequence] = HeldTokens { tokens: prompt[..kept].to_vec(), used: self.uses };
        Placement { sequence, kept, from: from.filter(|_| kept > 0), evicted }
    }

    /// The sequence has read these tokens.
    pub(super) fn has_read(&mut self, sequence: usize, tokens: &[i32]) {
        self.held[sequence].tokens.extend_from_slice(tokens);
    }

    /// The sequence has no tokens from a position on.
    pub(super) fn forget(&mut self, sequence: usize, from: usize) {
        self.held[sequence].tokens.truncate(from);
    }

    /// The sequences with tokens.
    pub(super) fn filled(&self) -> Vec<usize> {
        (0..SEQUENCES).filter(|it| !self.held[*it].tokens.is_empty()).collect()
    }

    /// Nothing is in memory any more.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

fn common(a: &[i32], b: &[i32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places a prompt and reads it.
    fn read(cache: &mut PromptCache, prompt: &[i32], capacity: usize) -> Placement {
        let placement = cache.place(prompt, 2, capacity);
        cache.has_read(placement.sequence, &prompt[placement.kept..]);
        placement
    }

    fn prompt(document: i32, end: i32) -> Vec<i32> {
        [0, 1].into_iter().chain((0..10).map(|it| 100 * document + it)).chain([end]).collect()
    }

    #[test]
    fn a_prompt_that_continues_a_held_one_replaces_it() {
        let mut cache = PromptCache::default();
        let first = read(&mut cache, &prompt(1, 7), 100);
        let next = read(&mut cache, &prompt(1, 8), 100);
        assert_eq!((next.sequence, next.kept, next.from), (first.sequence, 12, None));
        assert_eq!(read(&mut cache, &prompt(1, 8), 100).kept, 12, "the last token is read again");
    }

    #[test]
    fn another_document_gets_a_sequence_of_its_own_and_copies_the_common_beginning() {
        let mut cache = PromptCache::default();
        let first = read(&mut cache, &prompt(1, 7), 100);
        let other = read(&mut cache, &prompt(2, 7), 100);
        assert_ne!(other.sequence, first.sequence);
        assert_eq!((other.kept, other.from), (2, Some(first.sequence)));
        assert_eq!(read(&mut cache, &prompt(1, 8), 100).kept, 12);
    }

    #[test]
    fn what_was_used_least_recently_makes_room() {
        let mut cache = PromptCache::default();
        (1..=4).for_each(|it| drop(read(&mut cache, &prompt(it, 7), 45)));
        assert_eq!(read(&mut cache, &prompt(4, 8), 45).kept, 12);
        assert_eq!(read(&mut cache, &prompt(1, 8), 45).kept, 2);
    }

    #[test]
    fn a_prompt_of_the_whole_capacity_is_alone() {
        let mut cache = PromptCache::default();
        read(&mut cache, &prompt(1, 7), 15);
        let placement = read(&mut cache, &prompt(2, 7), 15);
        assert_eq!((placement.kept, placement.from), (0, None));
        assert!(placement.evicted.len() == SEQUENCES || placement.evicted.contains(&0));
    }
}

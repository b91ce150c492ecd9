//! The groups of a file into which the groups of an answer are unwrapped.

use std::cmp::Reverse;

use crate::reply::nested;
use crate::reply::suite::parsed::Suite;

impl Suite {
    /// For each group of an answer the group of `there` that its tests belong into; `None` for a group that stays around
    /// its tests, or has none.
    pub(super) fn counterparts(&self, there: &Self) -> Vec<Option<usize>> {
        let mut order: Vec<usize> = (0..self.groups.len()).collect();
        order.sort_by_key(|it| (self.groups[*it].range.start, Reverse(self.groups[*it].range.end)));
        order.retain(|group| self.tests.iter().any(|it| self.is_in(it, *group)));
        let mut found = vec![None; self.groups.len()];
        for at in order {
            let group = &self.groups[at];
            let around = self.path(group.parent).find_map(|it| Some((it, found[it]?)));
            found[at] = match (group.parent, around) {
                (None, _) => {
                    let module = || there.test_module().filter(|_| group.is_module);
                    there.named(&group.key, None).or_else(module)
                }
                (Some(parent), Some((unwrapped, target))) if unwrapped == parent => {
                    there.named(&group.key, Some(target))
                }
                // A part of a group that stays.
                (Some(_), Some(_)) => None,
                (Some(_), None) => there.named(&group.key, None),
            };
        }
        found
    }

    /// The last module for tests: models give such a module any name.
    pub(super) fn test_module(&self) -> Option<usize> {
        self.groups.iter().rposition(|it| nested::is_test_module(&it.key))
    }

    /// The last group with this key, preferably directly in the group `around` or outside of all groups.
    fn named(&self, key: &str, around: Option<usize>) -> Option<usize> {
        let is_near = |at: &usize| around.is_none_or(|around| self.is_inside(*at, around));
        let named = (0..self.groups.len()).filter(|it| self.groups[*it].key == key).filter(is_near);
        named.max_by_key(|it| (self.groups[*it].parent == around, self.groups[*it].range.start))
    }

    fn is_inside(&self, group: usize, around: usize) -> bool {
        self.path(self.groups[group].parent).any(|it| it == around)
    }
}

//! Dense numbers for keys, reused once released.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashMap;

pub(super) struct Ids<K: ?Sized> {
    of: FxHashMap<Arc<K>, u32>,
    keys: Vec<Option<Arc<K>>>,
    free: Vec<u32>,
}

impl<K: ?Sized> Default for Ids<K> {
    fn default() -> Self {
        Self { of: FxHashMap::default(), keys: Vec::new(), free: Vec::new() }
    }
}

impl<K: ?Sized + Eq + Hash> Ids<K> {
    pub(super) fn get(&self, key: &K) -> Option<u32> {
        self.of.get(key).copied()
    }

    /// The number of a key, valid until `release`.
    pub(super) fn id<'a>(&mut self, key: &'a K) -> u32
    where
        Arc<K>: From<&'a K> + Borrow<K>,
    {
        if let Some(id) = self.get(key) {
            return id;
        }
        let key: Arc<K> = key.into();
        let id = self.free.pop().unwrap_or(self.keys.len() as u32);
        match self.keys.get_mut(id as usize) {
            Some(slot) => *slot = Some(key.clone()),
            None => self.keys.push(Some(key.clone())),
        }
        self.of.insert(key, id);
        id
    }

    /// The key of a number that is in use.
    pub(super) fn key(&self, id: u32) -> &Arc<K> {
        self.keys[id as usize].as_ref().expect("a number in use has a key")
    }

    pub(super) fn release(&mut self, id: u32) {
        if let Some(key) = self.keys[id as usize].take() {
            self.of.remove(&key);
            self.free.push(id);
        }
    }

    /// Bytes held, without the allocator's overhead.
    pub(super) fn memory(&self) -> usize {
        let held = |it: &Arc<K>| size_of_val(&**it) + 2 * size_of::<usize>();
        let keys: usize = self.keys.iter().flatten().map(held).sum();
        keys + self.of.capacity() * size_of::<(Arc<K>, u32)>()
            + self.keys.capacity() * size_of::<Option<Arc<K>>>()
            + self.free.capacity() * size_of::<u32>()
    }
}

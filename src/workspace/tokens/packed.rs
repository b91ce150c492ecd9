//! Numbers below 2^24 in three bytes each, a quarter less memory than `u32`.
//!
//! They are stored in pages of their own, which return to the system when dropped. An allocator would keep
//! the memory for the next tree, and then find it too small or partly in use.

use std::alloc;
use std::alloc::Layout;
use std::ops::Range;

use memmap2::MmapMut;

/// One more than the largest number.
pub(super) const LIMIT: usize = 1 << 24;

const WIDTH: usize = 3;

pub(super) struct Packed {
    /// Pages that were never written take no memory.
    pages: MmapMut,
    length: usize,
}

impl Packed {
    /// Empty, with room for `count` numbers.
    pub(super) fn with_room(count: usize) -> Self {
        Self { pages: pages(count), length: 0 }
    }

    pub(super) fn zeros(length: usize) -> Self {
        Self { pages: pages(length), length }
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn get(&self, at: usize) -> u32 {
        let at = at * WIDTH;
        let bytes = &self.bytes()[at..at + WIDTH];
        unpack(&[bytes[0], bytes[1], bytes[2]])
    }

    pub(super) fn set(&mut self, at: usize, number: u32) {
        let at = at * WIDTH;
        let end = self.length * WIDTH;
        self.pages[..end][at..at + WIDTH].copy_from_slice(&pack(number));
    }

    /// Adds as many numbers as fit; ignores the rest.
    pub(super) fn extend(&mut self, numbers: impl Iterator<Item = u32>) {
        let (room, _) = self.pages[self.length * WIDTH..].as_chunks_mut::<WIDTH>();
        for (to, number) in room.iter_mut().zip(numbers) {
            *to = pack(number);
            self.length += 1;
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.bytes().as_chunks::<WIDTH>().0.iter().map(unpack)
    }

    /// How often a number occurs in a range.
    pub(super) fn count(&self, range: Range<usize>, number: u32) -> usize {
        let bytes = &self.bytes()[range.start * WIDTH..range.end * WIDTH];
        let wanted = pack(number);
        bytes.as_chunks::<WIDTH>().0.iter().filter(|it| **it == wanted).count()
    }

    /// How many numbers at the start of `range` fulfil a condition that no later one fulfils.
    pub(super) fn partition(&self, range: Range<usize>, holds: impl Fn(u32) -> bool) -> usize {
        let bytes = &self.bytes()[range.start * WIDTH..range.end * WIDTH];
        bytes.as_chunks::<WIDTH>().0.partition_point(|it| holds(unpack(it)))
    }

    /// Bytes held.
    pub(super) fn memory(&self) -> usize {
        WIDTH * self.length
    }

    fn bytes(&self) -> &[u8] {
        &self.pages[..self.length * WIDTH]
    }
}

fn pages(count: usize) -> MmapMut {
    let bytes = (count * WIDTH).max(1);
    // Fails as any other allocation that is out of memory.
    MmapMut::map_anon(bytes).unwrap_or_else(|_| {
        alloc::handle_alloc_error(Layout::array::<u8>(bytes).unwrap_or(Layout::new::<u8>()))
    })
}

fn pack(number: u32) -> [u8; WIDTH] {
    let [a, b, c, _] = number.to_le_bytes();
    [a, b, c]
}

fn unpack(&[a, b, c]: &[u8; WIDTH]) -> u32 {
    u32::from_le_bytes([a, b, c, 0])
}

//! Numbers below 2^24 in three bytes each: a quarter less memory for millions of them.
//!
//! They stand in pages of their own, which go back to the system with them. An allocator would keep
//! the room for the next tree, and find it too small or taken in part.

use std::alloc;
use std::alloc::Layout;
use std::ops::Range;

use memmap2::MmapMut;

/// One past the largest number.
pub(super) const LIMIT: usize = 1 << 24;

const WIDTH: usize = 3;

pub(super) struct Packed {
    /// Pages that nothing was written to yet take no memory.
    pages: MmapMut,
    length: usize,
}

impl Packed {
    /// None yet, and room for so many.
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

    /// Adds what finds room; the rest is left out.
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

    /// How often a number stands in a range.
    pub(super) fn count(&self, range: Range<usize>, number: u32) -> usize {
        let bytes = &self.bytes()[range.start * WIDTH..range.end * WIDTH];
        let wanted = pack(number);
        bytes.as_chunks::<WIDTH>().0.iter().filter(|it| **it == wanted).count()
    }

    /// Of `range`, how many numbers at its start fulfil a condition that none behind them does.
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
    // Out of memory as any other allocation is.
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

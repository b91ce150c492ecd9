//! Returns memory to the system after a large piece of work.
//!
//! A tree of a large file is about a hundred thousand small allocations, which glibc keeps for reuse in the arena
//! of the thread that made them.

/// A text of this many bytes is large: its tree takes about 25 times as much.
pub(crate) const LARGE: usize = 100_000;

/// Returns all memory that the allocator holds and that is not in use. Takes milliseconds.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "glibc has no safe interface for it")]
pub(crate) fn give_back() {
    // SAFETY: `malloc_trim` takes no pointer and locks what it accesses.
    unsafe { libc::malloc_trim(0) };
}

/// Other allocators do this themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn give_back() {}

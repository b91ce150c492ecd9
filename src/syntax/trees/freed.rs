//! Memory of trees that are gone, given back to the system. A tree is a hundred thousand small pieces:
//! glibc keeps all of them for the next, which after one large file may never come.

/// Gives back whatever the allocator holds and nobody uses.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "nothing else asks glibc for it")]
pub(super) fn give_back() {
    // SAFETY: it takes no pointer, and locks all it looks at.
    unsafe { libc::malloc_trim(0) };
}

/// Others give it back by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn give_back() {}

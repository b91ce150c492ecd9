//! The access token: 32 random bytes in a file that only its owner can read.

use std::fmt::Write;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use crate::storage;

/// The token's file within the endpoint's folder.
const FILE: &str = "token";
/// The file contains two hexadecimal digits per byte.
const BYTES: usize = 32;

/// A token that is compared in constant time.
#[derive(Clone)]
pub struct Token {
    /// A random key makes the comparison constant in time.
    key: hmac::Key,
    tag: hmac::Tag,
}

impl Token {
    pub fn new(text: &str) -> io::Result<Self> {
        let random = SystemRandom::new();
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &random)
            .map_err(|_| io::Error::other("the system has no random numbers"))?;
        let tag = hmac::sign(&key, text.as_bytes());
        Ok(Self { key, tag })
    }

    pub fn is(&self, shown: &[u8]) -> bool {
        hmac::verify(&self.key, shown, self.tag.as_ref()).is_ok()
    }
}

/// Path of the token's file.
pub fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Reads the token of a folder, or creates it.
///
/// # Errors
///
/// If another user can read the file, or its text is no token.
pub fn read_or_make(folder: &Path) -> io::Result<String> {
    storage::folder().recursive(true).create(folder)?;
    match read(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(folder),
        read => read,
    }
}

fn read(folder: &Path) -> io::Result<String> {
    let path = path(folder);
    let mut text = String::new();
    let file = fs::File::open(&path)?;
    check_mode(&file)?;
    file.take(4 * BYTES as u64).read_to_string(&mut text)?;
    let text = text.trim();
    match text.len() == 2 * BYTES && text.bytes().all(|it| it.is_ascii_hexdigit()) {
        true => Ok(text.to_owned()),
        false => Err(io::Error::other(format!("{} holds no token: delete it", path.display()))),
    }
}

/// Creates a token, unless another process just has.
fn make(folder: &Path) -> io::Result<String> {
    let mut bytes = [0; BYTES];
    let random = SystemRandom::new();
    random.fill(&mut bytes).map_err(|_| io::Error::other("the system has no random numbers"))?;
    let mut text = String::with_capacity(2 * BYTES);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes all that is written");
    }
    // A hard link is atomic and never replaces an existing token.
    let beside = folder.join(format!("{FILE}.{}", std::process::id()));
    storage::write(&beside, &format!("{text}\n"))?;
    let made = fs::hard_link(&beside, path(folder));
    _ = fs::remove_file(&beside);
    match made {
        Ok(()) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(folder),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn check_mode(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    match file.metadata()?.mode() & 0o077 {
        0 => Ok(()),
        _ => Err(io::Error::other(
            "other users can read the token: delete its file, and a new one is made",
        )),
    }
}

/// On other systems a user's folders are private.
#[cfg(not(unix))]
fn check_mode(_: &fs::File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_32_random_bytes_and_stays_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let token = read_or_make(folder.path()).unwrap();
        assert_eq!(token.len(), 64);
        assert_eq!(read_or_make(folder.path()).unwrap(), token);
        let other = tempfile::tempdir().unwrap();
        assert_ne!(read_or_make(other.path()).unwrap(), token);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn only_the_token_itself_is_the_token() {
        let token = Token::new("abc").unwrap();
        assert!(token.is(b"abc"));
        for other in [&b""[..], b"ab", b"abcd", b"abd", b"ABC"] {
            assert!(!token.is(other));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_token_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        read_or_make(folder.path()).unwrap();
        let mode = fs::metadata(path(folder.path())).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        fs::set_permissions(path(folder.path()), fs::Permissions::from_mode(0o640)).unwrap();
        let refused = read_or_make(folder.path()).unwrap_err().to_string();
        assert!(refused.starts_with("other users can read the token"), "{refused}");
    }
}

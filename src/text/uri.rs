//! Conversion between file URIs and paths of Unix and Windows, independent of the file system.
//!
//! Editors spell one Windows file in several ways: `file:///c%3A/x`, `file:///C:/x`, `file://HOST/share/x`.
//! Here each file has one spelling, so it can be a key. The rules for paths are those of RFC 8089.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// RFC 3986's unreserved characters and the separators of a path are not encoded.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b':');

/// The kind of paths in a URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    Unix,
    Windows,
}

impl Family {
    /// The family of the running system.
    pub const HERE: Self = if cfg!(windows) { Self::Windows } else { Self::Unix };
}

/// The path of a `file:` URI; `None` for other schemes, for other hosts on Unix, and without a path. A
/// Windows drive is in upper case; a UNC path keeps its host.
pub fn to_path(uri: &str, family: Family) -> Option<String> {
    let rest = strip_scheme(uri, "file")?.strip_prefix("//")?;
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let slash = rest.find('/')?;
    // VS Code writes `\\wsl$\x` as `file://wsl%24/x`.
    let (host, path) = (decode(&rest[..slash])?, decode(&rest[slash..])?);
    match family {
        Family::Unix => (host.is_empty() || host.eq_ignore_ascii_case("localhost")).then_some(path),
        Family::Windows => windows_path(&host, &path),
    }
}

/// A path for a document of a scheme other than `file`, or on another host. It is below a folder named like
/// the scheme, so it is not a file of this machine. `None` if the URI has no path, like
/// `untitled:Untitled-1`.
pub fn foreign_path(uri: &str) -> Option<String> {
    let scheme = scheme(uri)?;
    let rest = &uri[scheme.len() + 1..];
    let rest = decode(rest.split(['?', '#']).next().unwrap_or_default())?;
    let is_step = |it: &&str| !matches!(*it, "" | "." | "..");
    let steps: Vec<&str> = rest.split(['/', '\\']).filter(is_step).collect();
    (rest.contains('/') && !steps.is_empty()).then(|| format!("/{scheme}:/{}", steps.join("/")))
}

/// The `file:` URI of an absolute path.
pub fn from_path(path: &str, family: Family) -> String {
    match family {
        Family::Unix => format!("file://{}", encode(path)),
        Family::Windows => {
            let path = path.replace('\\', "/");
            match path.strip_prefix("//") {
                Some(unc) => format!("file://{}", encode(unc)),
                None => format!("file:///{}", encode(&upper_drive(&path))),
            }
        }
    }
}

/// The scheme of a URI, in lower case.
pub fn scheme(uri: &str) -> Option<String> {
    let (scheme, _) = uri.split_once(':')?;
    let valid = |it: char| it.is_ascii_alphanumeric() || "+-.".contains(it);
    (scheme.starts_with(|it: char| it.is_ascii_alphabetic()) && scheme.chars().all(valid))
        .then(|| scheme.to_ascii_lowercase())
}

fn strip_scheme<'a>(uri: &'a str, name: &str) -> Option<&'a str> {
    let (scheme, rest) = uri.split_once(':')?;
    scheme.eq_ignore_ascii_case(name).then_some(rest)
}

fn windows_path(host: &str, path: &str) -> Option<String> {
    if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
        let unc = || format!("\\\\{host}{}", path.replace('/', "\\"));
        return (!host.contains(['/', '\\'])).then(unc);
    }
    let path = path.strip_prefix('/')?;
    has_drive(path).then(|| upper_drive(path).replace('/', "\\"))
}

fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic())
}

fn upper_drive(path: &str) -> String {
    match path.split_at_checked(1) {
        Some((drive, rest)) if has_drive(path) => drive.to_ascii_uppercase() + rest,
        _ => path.to_owned(),
    }
}

/// Percent-decodes; a malformed escape is kept, a NUL or invalid UTF-8 gives `None`.
fn decode(text: &str) -> Option<String> {
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    (!decoded.contains('\0')).then(|| decoded.into_owned())
}

/// Percent-encodes all bytes other than letters, digits and `-._~/:`.
pub(crate) fn encode(path: &str) -> String {
    utf8_percent_encode(path, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(family: Family, cases: &[(&str, Option<&str>)]) {
        for (uri, path) in cases {
            assert_eq!(to_path(uri, family).as_deref(), *path, "{uri}");
        }
    }

    #[test]
    fn every_spelling_of_a_windows_file_gives_the_same_path() {
        check(
            Family::Windows,
            &[
                ("file:///c:/a%20b.rs", Some("C:\\a b.rs")),
                ("file:///c%3A/a%20b.rs", Some("C:\\a b.rs")),
                ("file:///C%3a/a%20b.rs", Some("C:\\a b.rs")),
                ("file://localhost/C:/a%20b.rs", Some("C:\\a b.rs")),
                ("FILE:///C:/x", Some("C:\\x")),
                ("file://server/share/x.rs", Some("\\\\server\\share\\x.rs")),
                ("file://wsl%24/Ubuntu/x.rs", Some("\\\\wsl$\\Ubuntu\\x.rs")),
                ("file://no%2Fhost/x.rs", None),
                ("file:///no/drive", None),
                ("untitled:Untitled-1", None),
            ],
        );
    }

    #[test]
    fn unix_paths_are_decoded_and_other_hosts_are_refused() {
        check(
            Family::Unix,
            &[
                ("file:///home/u/%C3%A9.rs", Some("/home/u/é.rs")),
                ("file:///a%", Some("/a%")),
                ("file:///a%zz", Some("/a%zz")),
                ("file:///a%00b", None),
                ("file:///a%FFb", None),
                ("file:///a.rs#L3", Some("/a.rs")),
                ("file://host/a", None),
                ("file:", None),
                ("", None),
            ],
        );
    }

    #[test]
    fn a_path_survives_conversion_to_a_uri_and_back() {
        for path in ["/a b/c#d?.rs", "/é/日本", "/100%"] {
            assert_eq!(
                to_path(&from_path(path, Family::Unix), Family::Unix).as_deref(),
                Some(path)
            );
        }
        for path in ["C:\\a b\\c.rs", "\\\\host\\share\\é.rs"] {
            let uri = from_path(path, Family::Windows);
            assert_eq!(to_path(&uri, Family::Windows).as_deref(), Some(path));
        }
    }

    #[test]
    fn a_document_outside_this_machine_has_a_path_below_its_scheme() {
        for (uri, path) in [
            (
                "vscode-remote://ssh-remote%2Bhost/home/u/a.py",
                Some("/vscode-remote:/ssh-remote+host/home/u/a.py"),
            ),
            (
                "vscode-vfs://github/owner/repo/src/a.py?x#y",
                Some("/vscode-vfs:/github/owner/repo/src/a.py"),
            ),
            (
                "vscode-remote://h/../../../home/u/.ssh/id_rsa",
                Some("/vscode-remote:/h/home/u/.ssh/id_rsa"),
            ),
            ("buffer://*scratch*", Some("/buffer:/*scratch*")),
            ("inmemory://model/1", Some("/inmemory:/model/1")),
            ("untitled:/a/b%20c.py", Some("/untitled:/a/b c.py")),
            ("file://host/a.py", Some("/file:/host/a.py")),
            ("untitled:Untitled-1", None),
            ("buffer:*scratch*", None),
            ("file://", None),
            ("no scheme:/x", None),
        ] {
            assert_eq!(foreign_path(uri).as_deref(), path, "{uri}");
        }
    }

    #[test]
    fn a_scheme_is_lower_case_and_well_formed() {
        assert_eq!(scheme("vscode-notebook-cell:/x#1").as_deref(), Some("vscode-notebook-cell"));
        assert_eq!(scheme("Untitled:x").as_deref(), Some("untitled"));
        assert_eq!(scheme("no scheme:x"), None);
        assert_eq!(scheme("1x:y"), None);
    }

    proptest! {
        #[test]
        fn a_file_of_any_uri_has_one_spelling(
            uri in "(file:/{0,3}|FILE://)?([a-z:/%$?#\\\\]|%[0-9A-F]{2}|localhost|\\PC){0,24}",
        ) {
            for family in [Family::Unix, Family::Windows] {
                let Some(path) = to_path(&uri, family) else { continue };
                prop_assert_eq!(to_path(&from_path(&path, family), family), Some(path));
            }
            scheme(&uri);
        }
    }
}

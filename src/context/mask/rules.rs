//! The shapes of secrets, as data.
//!
//! A rule is tried at each occurrence of one of its anchors. Its pattern matches from there; it masks the
//! first group, or the whole match without a group. A new kind of key is a row here, or in `vendors` if it
//! belongs to a vendor.

pub(super) mod vendors;

/// A shape of secrets.
pub(super) struct SecretPattern {
    /// Texts with which every secret of this shape starts: one of them is at the position of each match.
    pub(super) anchors: &'static [&'static str],
    pub(super) pattern: &'static str,
    pub(super) proof: Proof,
}

/// The further conditions for a match.
#[derive(Clone, Copy)]
pub(super) enum Proof {
    /// None: the shape suffices, whatever precedes it.
    Anywhere,
    /// The shape suffices. No letter or digit directly before it.
    Shape,
    /// No letter or digit directly before it, and random characters.
    Random,
    /// Random characters; the anchor may be part of a longer name.
    Named,
    /// A human-made password: neither a plain word nor a stand-in.
    Password,
    /// The same as `Password`, within a connection string.
    Connection,
    /// The secret is the text before it, back to the nearest character that cannot be part of a key: at least
    /// 30 characters, and random.
    Behind,
}

const fn rule(
    anchors: &'static [&'static str],
    pattern: &'static str,
    proof: Proof,
) -> SecretPattern {
    SecretPattern { anchors, pattern, proof }
}

/// A name of a secret, the text between the name and its value, and the value.
macro_rules! named {
    ($value:literal) => {
        concat!(
            r#"^[A-Za-z]+[A-Za-z0-9_\-]{0,24}["'`\])]{0,2}"#,
            r#"(?:\s{0,3}:\s{0,2}[A-Za-z&'\[\]<>]{1,20})?"#,
            r#"\s{0,12}(?::=|=>|=|:|,)\s{0,12}"#,
            $value
        )
    };
}

/// Rules for every text, in the order in which they are tried.
pub(super) static RULES: &[SecretPattern] = &[
    // Independent of a vendor.
    rule(
        &["eyJ", "ewogIC", "ewoid"],
        r"^e[yw][A-Za-z0-9_=\-]{8,}\.[A-Za-z0-9_=\-]{8,}(?:\.[A-Za-z0-9_.+/=\-]*)?",
        Proof::Shape,
    ),
    rule(&["ZXlK"], r"^ZXlK[A-Za-z0-9+/_\-]{60,}={0,3}", Proof::Shape),
    rule(
        &["-----BEGIN ", "---- BEGIN "],
        r"^-{4,5} ?BEGIN [A-Z0-9 _\-]{0,60}PRIVATE KEY(?: BLOCK)? ?-{4,5}(?s:.*?)(?:-{4,5} ?END [A-Z0-9 _\-]{0,60}PRIVATE KEY(?: BLOCK)? ?-{4,5}|\z)",
        Proof::Anywhere,
    ),
    rule(
        &["PuTTY-User-Key-File-"],
        r"^PuTTY-User-Key-File-\d(?s:.*?)(?:Private-MAC: ?[0-9a-fA-F]+|\z)",
        Proof::Anywhere,
    ),
    rule(&["Bearer ", "bearer "], r"^[Bb]earer ([A-Za-z0-9._~+/\-]{20,}={0,2})", Proof::Named),
    rule(&["Bearer ", "bearer "], r"^[Bb]earer ([A-Za-z0-9._~+/\-]{8,}={0,2})", Proof::Password),
    rule(&["Basic "], r"^Basic ([A-Za-z0-9+/]{16,}={0,2})", Proof::Named),
    rule(&["Basic "], r"^Basic ([A-Za-z0-9+/]{8,}={1,2})", Proof::Anywhere),
    rule(&["://"], r#"^://[^\s:@/"'`<>{}$]{0,64}:([^\s@/"'`<>{}$]{3,200})@"#, Proof::Password),
    rule(
        &["-u ", "--user ", "--user="],
        r#"^-(?:u|-user)[ =]["']?[^\s:"'$]{1,64}:([^\s"'$]{3,200})"#,
        Proof::Password,
    ),
    rule(
        &["Password=", "password=", "Pwd=", "pwd="],
        r#"^[A-Za-z]+=([^;"'\s{}<>$]{4,200})"#,
        Proof::Connection,
    ),
    rule(&["Password\" value="], r#"^Password" value="([^"\s{}<>$%]{4,200})""#, Proof::Password),
    rule(NAMES, named!(r#"["'`]([A-Za-z0-9+/_=.~\-]{16,200})["'`]"#), Proof::Named),
    rule(NAMES, named!(r#"([A-Za-z0-9+/_=~\-]{20,200})(?:[\s;,]|\z)"#), Proof::Named),
    rule(
        &["pass", "Pass", "PASS", "pwd", "Pwd", "PWD"],
        named!(r#"["']([^"'\s{}<>$]{6,200})["']"#),
        Proof::Password,
    ),
];

/// Parts of names of secrets.
const NAMES: &[&str] = &[
    "key",
    "Key",
    "KEY",
    "secret",
    "Secret",
    "SECRET",
    "token",
    "Token",
    "TOKEN",
    "passw",
    "Passw",
    "PASSW",
    "credential",
    "Credential",
    "CREDENTIAL",
    "auth",
    "Auth",
    "AUTH",
    "signature",
];

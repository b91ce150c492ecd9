//! The shapes of secrets, as data.
//!
//! A rule is looked for where one of its anchors stands. Its pattern holds from there on; what it
//! masks is its first group if it has one, else all of it. A new kind of key is a row here or, where it
//! is a vendor's, in `vendors`.

pub(super) mod vendors;

/// A shape that secrets have.
pub(super) struct SecretPattern {
    /// Texts that every secret of this shape holds, at the place where the pattern starts.
    pub(super) anchors: &'static [&'static str],
    pub(super) pattern: &'static str,
    pub(super) proof: Proof,
}

/// What else must hold of a match.
#[derive(Clone, Copy)]
pub(super) enum Proof {
    /// Nothing: the shape is proof enough, whatever stands before it.
    Anywhere,
    /// The shape is proof enough. No letter or digit stands right before it.
    Shape,
    /// No letter or digit right before it, and characters as chance draws them.
    Random,
    /// Characters as chance draws them; the anchor may be part of a longer name.
    Named,
    /// A password that people think up: no mere word, no stand-in for one.
    Password,
    /// As `Password`, within a connection string.
    Connection,
    /// What stands before it, up to the next character that none of a key's is, is the secret: 30 characters at
    /// least, and as chance draws them.
    Behind,
}

const fn rule(
    anchors: &'static [&'static str],
    pattern: &'static str,
    proof: Proof,
) -> SecretPattern {
    SecretPattern { anchors, pattern, proof }
}

/// A name that says secret, what may stand between it and its value, and the value.
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

/// Shapes that are looked for in every text, in the order in which they are tried.
pub(super) static RULES: &[SecretPattern] = &[
    // Whatever the sender.
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
    rule(&["://"], r#"^://[^\s:@/"'`<>{}$]{0,64}:([^\s@/"'`<>{}$]{3,100})@"#, Proof::Password),
    rule(
        &["-u ", "--user ", "--user="],
        r#"^-(?:u|-user)[ =]["']?[^\s:"'$]{1,64}:([^\s"'$]{3,100})"#,
        Proof::Password,
    ),
    rule(
        &["Password=", "password=", "Pwd=", "pwd="],
        r#"^[A-Za-z]+=([^;"'\s{}<>$]{4,100})"#,
        Proof::Connection,
    ),
    rule(&["Password\" value="], r#"^Password" value="([^"\s{}<>$%]{4,100})""#, Proof::Password),
    rule(NAMES, named!(r#"["'`]([A-Za-z0-9+/_=.~\-]{16,200})["'`]"#), Proof::Named),
    rule(NAMES, named!(r#"([A-Za-z0-9+/_=~\-]{20,200})(?:[\s;,]|\z)"#), Proof::Named),
    rule(
        &["pass", "Pass", "PASS", "pwd", "Pwd", "PWD"],
        named!(r#"["']([^"'\s{}<>$]{6,100})["']"#),
        Proof::Password,
    ),
];

/// What names of secrets hold.
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

//! API keys: where they are stored, reading them when first needed, and keeping them out of all output.

use std::fmt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use parking_lot::{Mutex, MutexGuard};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use tokio::process::Command;
use tokio::time::timeout;

use crate::provider::failure::Failure;

/// Time limit for a command. It can include a password prompt.
const PATIENCE: Duration = Duration::from_mins(1);
/// Longest key, in bytes.
const LONGEST: usize = 16 << 10;
/// Shortest part of a key that is hidden, in bytes.
const TELLING: usize = 6;
/// Replaces a key.
const HIDDEN: &str = "…";

pub type KeyValue = Arc<SecretString>;

type Fetched = Result<Option<KeyValue>, String>;

/// A key with its source. It is read when first needed.
pub struct Secret {
    source: KeySource,
    state: Arc<Mutex<State>>,
}

enum State {
    Unknown,
    /// Read by a separate task, which continues when the request that needed the key ends.
    Fetching(Shared<BoxFuture<'static, Fetched>>),
    Known(Option<KeyValue>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// No key is needed.
    None,
    /// An environment variable, read together with the settings.
    Variable(String),
    /// A file that contains only the key.
    File(PathBuf),
    /// The output of a command: program first, then arguments.
    Command(Vec<String>),
    /// An entry in the system's keyring.
    Keyring(String),
}

impl Secret {
    /// For providers that need no key.
    pub fn none() -> Self {
        Self { source: KeySource::None, state: Arc::new(Mutex::new(State::Known(None))) }
    }

    /// A key from the environment variable `name` with this value.
    pub fn variable(name: &str, value: Option<String>) -> Self {
        let value = value.map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
        let key = value.map(|it| Arc::new(SecretString::from(it)));
        Self {
            source: KeySource::Variable(name.to_owned()),
            state: Arc::new(Mutex::new(State::Known(key))),
        }
    }

    /// A key that is read from its source when first needed.
    pub fn at(source: KeySource) -> Self {
        Self { source, state: Arc::new(Mutex::new(State::Unknown)) }
    }

    /// The source of the key, for display.
    pub fn place(&self) -> String {
        match &self.source {
            KeySource::None => "no key is needed".to_owned(),
            KeySource::Variable(name) => format!("the variable {name}"),
            KeySource::File(path) => format!("the file {}", path.display()),
            KeySource::Command(words) => {
                format!("the command {}", words.first().map_or("", String::as_str))
            }
            KeySource::Keyring(name) => format!("the keyring entry {name}"),
        }
    }

    /// Whether it is certain that there is no key, because its variable is not set.
    pub fn is_missing(&self) -> bool {
        matches!(&self.source, KeySource::Variable(_)) && self.known().is_none()
    }

    /// Whether the key is being read, for example by a running command.
    pub fn is_pending(&self) -> bool {
        matches!(&*self.state(), State::Fetching(_))
    }

    /// The key, if it has been read.
    pub fn known(&self) -> Option<KeyValue> {
        match &*self.state() {
            State::Known(key) => key.clone(),
            State::Unknown | State::Fetching(_) => None,
        }
    }

    /// The key, or `None` if none is needed. It is read once, by a task that outlives the caller, so a
    /// command that is slower than this request serves the next one.
    ///
    /// # Errors
    ///
    /// `Failure::NoKey` if it cannot be read or is empty. The next call tries again.
    pub async fn get(&self) -> Result<Option<KeyValue>, Failure> {
        if self.source == KeySource::None {
            return Ok(None);
        }
        let fetched = match self.fetch() {
            Ok(known) => Ok(known),
            Err(fetching) => fetching.await,
        };
        match fetched.map_err(|reason| Failure::NoKey { reason })? {
            Some(key) => Ok(Some(key)),
            None => Err(Failure::NoKey { reason: format!("{} contains no key", self.place()) }),
        }
    }

    /// Reads the key again after a provider rejected it. Returns whether it has changed.
    pub async fn renew(&self, rejected: Option<&KeyValue>) -> bool {
        match self.source {
            KeySource::None | KeySource::Variable(_) => return false,
            KeySource::File(_) | KeySource::Command(_) | KeySource::Keyring(_) => {}
        }
        let differs =
            |key: &KeyValue| rejected.is_none_or(|it| it.expose_secret() != key.expose_secret());
        {
            let mut state = self.state();
            match &*state {
                State::Known(Some(key)) if !differs(key) => *state = State::Unknown,
                State::Known(_) | State::Unknown | State::Fetching(_) => {}
            }
        }
        matches!(self.get().await, Ok(Some(key)) if differs(&key))
    }

    /// Reads the key again if it is stored in a file. Returns whether it has changed.
    pub async fn reread(&self) -> bool {
        match (&self.source, self.known()) {
            (KeySource::File(_), Some(key)) => self.renew(Some(&key)).await,
            _ => false,
        }
    }

    /// The key if it is known, else the read in progress. Starts a read if there is none.
    fn fetch(&self) -> Result<Option<KeyValue>, Shared<BoxFuture<'static, Fetched>>> {
        let mut state = self.state();
        match &*state {
            State::Known(key) => Ok(key.clone()),
            State::Fetching(fetching) => Err(fetching.clone()),
            State::Unknown => {
                let (source, place) = (self.source.clone(), self.place());
                let kept = Arc::clone(&self.state);
                let task = tokio::spawn(async move {
                    let fetched = fetch(&source, &place).await;
                    // After an error, the next call reads the key again.
                    let known = fetched.clone().map_or(State::Unknown, State::Known);
                    *kept.lock() = known;
                    fetched
                });
                let fetched = async move { task.await.unwrap_or_else(|it| Err(it.to_string())) };
                let fetching = fetched.boxed().shared();
                *state = State::Fetching(fetching.clone());
                Err(fetching)
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Removes the key from a text, and a prefix of the key at the end of a truncated text.
    pub fn hide(&self, text: &str) -> String {
        let known = self.known();
        let key = known.as_ref().map(|it| it.expose_secret());
        let Some(key) = key.filter(|it| it.len() >= TELLING) else { return text.to_owned() };
        let text = text.replace(key, HIDDEN);
        let end = text.trim_end_matches(HIDDEN);
        let cut = (TELLING..key.len()).rev().find_map(|it| end.strip_suffix(key.get(..it)?));
        match cut {
            Some(start) => format!("{start}{HIDDEN}"),
            None => text,
        }
    }
}

/// HMAC-SHA-256 of a key under a salt, in hexadecimal. It distinguishes keys and reveals nothing about them.
pub fn fingerprint(salt: &[u8], key: &KeyValue) -> String {
    let salt = hmac::Key::new(hmac::HMAC_SHA256, salt);
    let tag = hmac::sign(&salt, key.expose_secret().as_bytes());
    tag.as_ref().iter().map(|it| format!("{it:02x}")).collect()
}

async fn fetch(source: &KeySource, place: &str) -> Fetched {
    let text = match source {
        KeySource::None | KeySource::Variable(_) => return Ok(None),
        KeySource::File(path) => {
            let read = tokio::task::spawn_blocking({
                let path = path.clone();
                move || std::fs::read(path)
            });
            let read = read.await.map_err(|it| it.to_string())?;
            let bytes = read.map_err(|it| format!("{place} cannot be read: {it}"))?;
            decoded(bytes).ok_or_else(|| format!("{place} is not a text file"))?
        }
        KeySource::Command(words) => printed(words, place).await?,
        KeySource::Keyring(name) => {
            let name = name.clone();
            let got = tokio::task::spawn_blocking(move || keyring(&name)).await;
            got.map_err(|it| it.to_string())??
        }
    };
    // Some editors on Windows save a byte order mark.
    let text = unquoted(assigned(text.trim_start_matches('\u{feff}').trim()));
    // Anything but one printable word cannot be a header, and is an error message rather than a key.
    if text.len() > LONGEST || !text.bytes().all(|it| it.is_ascii_graphic()) {
        return Err(format!("{place} contains more than a key"));
    }
    match text {
        "" => Err(format!("{place} contains no key")),
        key => Ok(Some(Arc::new(SecretString::from(key.to_owned())))),
    }
}

/// Decodes UTF-8, or UTF-16 with a byte order mark, which PowerShell's `>` writes.
fn decoded(bytes: Vec<u8>) -> Option<String> {
    let units = |unit: fn([u8; 2]) -> u16| {
        let pairs = bytes[2..].chunks_exact(2).map(|it| unit([it[0], it[1]]));
        String::from_utf16(&pairs.collect::<Vec<u16>>()).ok()
    };
    match bytes.get(..2) {
        Some([0xff, 0xfe]) => units(u16::from_le_bytes),
        Some([0xfe, 0xff]) => units(u16::from_be_bytes),
        Some(_) | None => String::from_utf8(bytes).ok(),
    }
}

/// The value of `OPENAI_API_KEY=…` or `export OPENAI_API_KEY=…`, as in an `.env` file; any other text
/// unchanged.
fn assigned(text: &str) -> &str {
    let statement = text.strip_prefix("export ").unwrap_or(text).trim_start();
    let Some((name, value)) = statement.split_once('=') else { return text };
    let is_name = name.contains('_')
        && name.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_');
    if is_name { value.trim() } else { text }
}

/// Removes quotes around a value, as in an `.env` file.
fn unquoted(text: &str) -> &str {
    let between = |quote| text.strip_prefix(quote).and_then(|it| it.strip_suffix(quote));
    between('"').or_else(|| between('\'')).unwrap_or(text)
}

async fn printed(words: &[String], place: &str) -> Result<String, String> {
    let Some((program, arguments)) = words.split_first() else {
        return Err("the command is empty".to_owned());
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = timeout(PATIENCE, command.output()).await;
    let output =
        output.map_err(|_| format!("{place} took longer than {} s", PATIENCE.as_secs()))?;
    let output = output.map_err(|it| format!("{place} cannot be run: {it}"))?;
    if !output.status.success() {
        return Err(format!("{place} failed: {}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("{place} does not print text"))
}

#[cfg(feature = "keyring")]
fn keyring(name: &str) -> Result<String, String> {
    let entry = keyring::Entry::new("understudy", name).map_err(|it| it.to_string())?;
    entry.get_password().map_err(|it| format!("the keyring entry {name}: {it}"))
}

#[cfg(not(feature = "keyring"))]
fn keyring(name: &str) -> Result<String, String> {
    Err(format!("the keyring entry {name}: this build lacks the `keyring` feature"))
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.place())
    }
}

#[cfg(test)]
mod tests;

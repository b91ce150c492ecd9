//! Keys: where each is kept, got when it is first needed, shown to nobody.

use std::fmt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::future::Shared;
use ring::hmac;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use tokio::process::Command;
use tokio::time::timeout;

use crate::provider::failure::Failure;

/// A command may prompt for a password meanwhile.
const PATIENCE: Duration = Duration::from_mins(1);
/// No key is longer.
const LONGEST: usize = 16 << 10;
/// So many characters of a key tell something of it.
const TELLING: usize = 6;
/// What stands for a key.
const HIDDEN: &str = "…";

/// A key. Clones are the same.
pub type Key = Arc<SecretString>;

type Fetched = Result<Option<Key>, String>;

/// A key and where it is kept.
pub struct Secret {
    source: Source,
    state: Arc<Mutex<State>>,
}

enum State {
    Unknown,
    /// Read by a task of its own, which goes on when the request that needed it does not.
    Fetching(Shared<BoxFuture<'static, Fetched>>),
    Known(Option<Key>),
}

/// Where a key is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nowhere: none is needed.
    None,
    /// In a variable, which was read when the settings were.
    Variable(String),
    /// In a file that holds nothing else.
    File(PathBuf),
    /// In what a command prints, program first.
    Command(Vec<String>),
    /// In the system's keyring.
    Keyring(String),
}

impl Secret {
    /// For providers that ask for no key.
    pub fn none() -> Self {
        Self { source: Source::None, state: Arc::new(Mutex::new(State::Known(None))) }
    }

    /// The key in a variable of this name, which holds `value`.
    pub fn variable(name: &str, value: Option<String>) -> Self {
        let value = value.map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
        let key = value.map(|it| Arc::new(SecretString::from(it)));
        Self {
            source: Source::Variable(name.to_owned()),
            state: Arc::new(Mutex::new(State::Known(key))),
        }
    }

    /// A key that is got from there when it is first needed.
    pub fn at(source: Source) -> Self {
        Self { source, state: Arc::new(Mutex::new(State::Unknown)) }
    }

    /// Where it is kept, in words.
    pub fn place(&self) -> String {
        match &self.source {
            Source::None => "no key is needed".to_owned(),
            Source::Variable(name) => format!("the variable {name}"),
            Source::File(path) => format!("the file {}", path.display()),
            Source::Command(words) => {
                format!("the command {}", words.first().map_or("", String::as_str))
            }
            Source::Keyring(name) => format!("the keyring's entry {name}"),
        }
    }

    /// Whether there surely is none: a variable that is not set.
    pub fn is_missing(&self) -> bool {
        matches!(&self.source, Source::Variable(_)) && self.known().is_none()
    }

    /// Whether the command that prints it is running.
    pub fn is_pending(&self) -> bool {
        matches!(&*self.state(), State::Fetching(_))
    }

    /// The key as far as it was read already.
    pub fn known(&self) -> Option<Key> {
        match &*self.state() {
            State::Known(key) => key.clone(),
            State::Unknown | State::Fetching(_) => None,
        }
    }

    /// The key, or `None` where none is needed. It is read once, in a task that outlives the caller: a
    /// command that is slower than this request serves the next one.
    ///
    /// # Errors
    /// `Failure::NoKey` where it cannot be read or is empty. The next call tries again.
    pub async fn get(&self) -> Result<Option<Key>, Failure> {
        if self.source == Source::None {
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

    /// Reads the key again after a provider rejected `rejected`. Returns whether there is another one now.
    pub async fn renew(&self, rejected: Option<&Key>) -> bool {
        match self.source {
            Source::None | Source::Variable(_) => return false,
            Source::File(_) | Source::Command(_) | Source::Keyring(_) => {}
        }
        let differs =
            |key: &Key| rejected.is_none_or(|it| it.expose_secret() != key.expose_secret());
        {
            let mut state = self.state();
            match &*state {
                State::Known(Some(key)) if !differs(key) => *state = State::Unknown,
                State::Known(_) | State::Unknown | State::Fetching(_) => {}
            }
        }
        matches!(self.get().await, Ok(Some(key)) if differs(&key))
    }

    /// Reads a key that is kept in a file again. Returns whether there is another one now.
    pub async fn reread(&self) -> bool {
        match (&self.source, self.known()) {
            (Source::File(_), Some(key)) => self.renew(Some(&key)).await,
            _ => false,
        }
    }

    /// What the key is already known to be, or its reading: a new one where none is under way.
    fn fetch(&self) -> Result<Option<Key>, Shared<BoxFuture<'static, Fetched>>> {
        let mut state = self.state();
        match &*state {
            State::Known(key) => Ok(key.clone()),
            State::Fetching(fetching) => Err(fetching.clone()),
            State::Unknown => {
                let (source, place) = (self.source.clone(), self.place());
                let kept = Arc::clone(&self.state);
                let task = tokio::spawn(async move {
                    let fetched = fetch(&source, &place).await;
                    // What cannot be read is tried anew the next time.
                    let known = fetched.clone().map_or(State::Unknown, State::Known);
                    *kept.lock().unwrap_or_else(PoisonError::into_inner) = known;
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
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A text without the key, nor its head where the text's end has cut it.
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

/// A hash of a key under a salt, HMAC-SHA-256 in hexadecimal: it tells keys apart, and nothing of them.
pub fn fingerprint(salt: &[u8], key: &Key) -> String {
    let salt = hmac::Key::new(hmac::HMAC_SHA256, salt);
    let tag = hmac::sign(&salt, key.expose_secret().as_bytes());
    tag.as_ref().iter().map(|it| format!("{it:02x}")).collect()
}

async fn fetch(source: &Source, place: &str) -> Fetched {
    let text = match source {
        Source::None | Source::Variable(_) => return Ok(None),
        Source::File(path) => {
            let read = tokio::task::spawn_blocking({
                let path = path.clone();
                move || std::fs::read(path)
            });
            let read = read.await.map_err(|it| it.to_string())?;
            let bytes = read.map_err(|it| format!("{place} cannot be read: {it}"))?;
            decoded(bytes).ok_or_else(|| format!("{place} is not a text file"))?
        }
        Source::Command(words) => printed(words, place).await?,
        Source::Keyring(name) => {
            let name = name.clone();
            let got = tokio::task::spawn_blocking(move || keyring(&name)).await;
            got.map_err(|it| it.to_string())??
        }
    };
    // Windows' editors save a byte order mark.
    let text = unquoted(assigned(text.trim_start_matches('\u{feff}').trim()));
    // What is no word fits into no header, and is an answer rather than a key.
    if text.len() > LONGEST || !text.bytes().all(|it| it.is_ascii_graphic()) {
        return Err(format!("{place} contains more than a key"));
    }
    match text {
        "" => Err(format!("{place} contains no key")),
        key => Ok(Some(Arc::new(SecretString::from(key.to_owned())))),
    }
}

/// A file's text: UTF-8, or UTF-16 with a byte order mark, as PowerShell's `>` writes it.
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

/// The value of `OPENAI_API_KEY=…` or `export OPENAI_API_KEY=…`, as in an `.env` file; any other text as it is.
fn assigned(text: &str) -> &str {
    let statement = text.strip_prefix("export ").unwrap_or(text).trim_start();
    let Some((name, value)) = statement.split_once('=') else { return text };
    let is_name = name.contains('_')
        && name.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_');
    if is_name { value.trim() } else { text }
}

/// A text without the quotes around it, as files of variables have them.
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
    entry.get_password().map_err(|it| format!("the keyring's entry {name}: {it}"))
}

#[cfg(not(feature = "keyring"))]
fn keyring(name: &str) -> Result<String, String> {
    Err(format!("the keyring's entry {name}: this build lacks the `keyring` feature"))
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.place())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk-planted-0123456789";

    fn command(words: &[&str]) -> Secret {
        Secret::at(Source::Command(words.iter().map(|it| (*it).to_owned()).collect()))
    }

    async fn text(secret: &Secret) -> Option<String> {
        secret.get().await.unwrap().map(|it| it.expose_secret().to_owned())
    }

    #[tokio::test]
    async fn a_slow_command_runs_once_and_serves_the_request_after() {
        let folder = tempfile::TempDir::new().unwrap();
        let (runs, gate) = (folder.path().join("runs"), folder.path().join("gate"));
        let script = format!(
            "echo run >> {}; while [ ! -e {} ]; do sleep 0.01; done; echo {KEY}",
            runs.display(),
            gate.display(),
        );
        let secret = command(&["sh", "-c", &script]);
        for _ in 0..3 {
            assert!(timeout(Duration::from_millis(20), secret.get()).await.is_err());
            assert!(secret.is_pending());
        }
        std::fs::write(&gate, "").unwrap();
        // No request waits for it any more, and it is read all the same.
        while secret.is_pending() {
            tokio::task::yield_now().await;
        }
        assert_eq!(text(&secret).await.as_deref(), Some(KEY));
        assert_eq!(std::fs::read_to_string(&runs).unwrap(), "run\n");
    }

    #[tokio::test]
    async fn a_key_file_may_be_utf_16_or_an_assignment() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("key");
        let utf16 = |text: &str| -> Vec<u8> {
            let units = text.encode_utf16().flat_map(u16::to_le_bytes);
            [0xff, 0xfe].into_iter().chain(units).collect()
        };
        for (bytes, expected) in [
            (utf16(&format!("{KEY}\r\n")), KEY),
            (format!("OPENAI_API_KEY={KEY}\n").into_bytes(), KEY),
            (format!("export OPENAI_API_KEY='{KEY}'\n").into_bytes(), KEY),
            // The end of a key in Base64.
            (b"QUJDREVGR0g==\n".to_vec(), "QUJDREVGR0g=="),
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(
                text(&Secret::at(Source::File(path.clone()))).await.as_deref(),
                Some(expected)
            );
        }
        std::fs::write(&path, [0xff, 0xfe, 0x00, 0xd8]).unwrap();
        let reason = Secret::at(Source::File(path)).get().await.unwrap_err().to_string();
        assert!(reason.contains("is not a text file"), "{reason}");
    }

    #[tokio::test]
    async fn an_empty_file_is_read_again() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "\n").unwrap();
        let secret = Secret::at(Source::File(path.clone()));
        let reason = secret.get().await.unwrap_err().to_string();
        assert!(reason.contains("contains no key"), "{reason}");
        std::fs::write(&path, format!("'{KEY}'\n")).unwrap();
        assert_eq!(text(&secret).await.as_deref(), Some(KEY));
    }

    #[tokio::test]
    async fn a_rejected_key_is_read_again() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "sk-old").unwrap();
        let secret = Secret::at(Source::File(path.clone()));
        let old = secret.get().await.unwrap();
        assert!(!secret.renew(old.as_ref()).await);
        assert!(!secret.reread().await);
        std::fs::write(&path, "sk-new").unwrap();
        assert!(secret.renew(old.as_ref()).await);
        assert_eq!(text(&secret).await.as_deref(), Some("sk-new"));
        // Another request renewed it meanwhile.
        assert!(secret.renew(old.as_ref()).await);
        assert!(!Secret::variable("A", Some("sk-old".to_owned())).renew(old.as_ref()).await);
    }

    #[tokio::test]
    async fn a_key_is_got_from_where_it_is_kept() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, format!("\u{feff}{KEY}\r\n")).unwrap();
        let secrets = [
            Secret::variable("A", Some(format!(" {KEY} "))),
            Secret::at(Source::File(path)),
            command(&["echo", KEY]),
        ];
        for secret in secrets {
            assert_eq!(text(&secret).await.as_deref(), Some(KEY));
        }
        assert_eq!(text(&Secret::none()).await, None);
    }

    #[tokio::test]
    async fn what_is_missing_says_where_it_was_looked_for() {
        let reason = async |secret: Secret| secret.get().await.unwrap_err().to_string();
        let variable = Secret::variable("DEEPSEEK_API_KEY", None);
        assert!(variable.is_missing());
        assert!(reason(variable).await.contains("the variable DEEPSEEK_API_KEY contains no key"));
        assert!(
            reason(Secret::variable("A", Some(" ".to_owned()))).await.contains("contains no key")
        );
        let file = Secret::at(Source::File("/no/such/key".into()));
        assert!(reason(file).await.contains("the file /no/such/key cannot be read"));
        assert!(reason(command(&["false"])).await.contains("the command false failed"));
        assert!(reason(command(&["/no/such/program"])).await.contains("cannot be run"));
        assert!(reason(command(&["printf", "a\\nb"])).await.contains("contains more than a key"));
    }

    #[tokio::test]
    async fn nothing_that_is_printed_holds_it() {
        for secret in [command(&["echo", KEY]), Secret::variable("A", Some(KEY.to_owned()))] {
            secret.get().await.unwrap();
            assert!(!format!("{secret:?} {}", secret.place()).contains(KEY));
            assert_eq!(secret.hide(&format!("a {KEY} b {KEY}")), "a … b …");
            assert_eq!(secret.hide(&format!("it was {}…", &KEY[..9])), "it was …");
            assert_eq!(secret.hide("sk-pl"), "sk-pl");
        }
    }
}

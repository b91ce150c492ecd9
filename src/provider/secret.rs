//! Keys: where each is kept, got when it is first needed, shown to nobody.

use std::fmt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use secrecy::ExposeSecret;
use secrecy::SecretString;
use tokio::process::Command;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::provider::failure::Failure;

/// A command that asks its user something is not waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// No key is longer.
const LONGEST: usize = 16 << 10;
/// So many characters of a key tell something of it.
const TELLING: usize = 6;
/// What stands for a key.
const HIDDEN: &str = "…";

/// A key and where it is kept.
pub struct Secret {
    source: Source,
    found: OnceCell<Option<SecretString>>,
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
        Self { source: Source::None, found: OnceCell::new() }
    }

    /// The key in a variable of this name, which holds `value`.
    pub fn variable(name: &str, value: Option<String>) -> Self {
        let value = value.map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
        let found = OnceCell::new_with(Some(value.map(SecretString::from)));
        Self { source: Source::Variable(name.to_owned()), found }
    }

    /// A key that is got from there when it is first needed.
    pub fn at(source: Source) -> Self {
        Self { source, found: OnceCell::new() }
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
        matches!(&self.source, Source::Variable(_)) && matches!(self.found.get(), Some(None))
    }

    /// The key, or `None` where none is needed. What it takes to get it is done once.
    pub async fn get(&self) -> Result<Option<&str>, Failure> {
        if self.source == Source::None {
            return Ok(None);
        }
        let found = self.found.get_or_try_init(|| self.fetch()).await;
        let found = found.map_err(|reason| Failure::Auth { reason })?;
        match found {
            Some(key) => Ok(Some(key.expose_secret())),
            None => Err(Failure::Auth { reason: format!("{} holds no key", self.place()) }),
        }
    }

    /// A text without the key, nor its head where the text's end has cut it.
    pub fn hide(&self, text: &str) -> String {
        let key = self.found.get().and_then(|it| Some(it.as_ref()?.expose_secret()));
        let Some(key) = key.filter(|it| it.len() >= TELLING) else { return text.to_owned() };
        let text = text.replace(key, HIDDEN);
        let end = text.trim_end_matches(HIDDEN);
        let cut = (TELLING..key.len()).rev().find_map(|it| end.strip_suffix(key.get(..it)?));
        match cut {
            Some(start) => format!("{start}{HIDDEN}"),
            None => text,
        }
    }

    /// What fails is tried anew the next time; what is not there is not.
    async fn fetch(&self) -> Result<Option<SecretString>, String> {
        let text = match &self.source {
            Source::None | Source::Variable(_) => return Ok(None),
            Source::File(path) => {
                let read = tokio::task::spawn_blocking({
                    let path = path.clone();
                    move || std::fs::read_to_string(path)
                });
                let read = read.await.map_err(|it| it.to_string())?;
                read.map_err(|it| format!("{} cannot be read: {it}", self.place()))?
            }
            Source::Command(words) => self.printed(words).await?,
            Source::Keyring(name) => {
                let name = name.clone();
                let got = tokio::task::spawn_blocking(move || keyring(&name)).await;
                got.map_err(|it| it.to_string())??
            }
        };
        let text = text.trim();
        // What is no word fits into no header, and is an answer rather than a key.
        if text.len() > LONGEST || !text.bytes().all(|it| it.is_ascii_graphic()) {
            return Err(format!("{} holds more than a key", self.place()));
        }
        Ok((!text.is_empty()).then(|| text.to_owned().into()))
    }

    async fn printed(&self, words: &[String]) -> Result<String, String> {
        let Some((program, arguments)) = words.split_first() else {
            return Err("no command is named".to_owned());
        };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let output = timeout(PATIENCE, command.output()).await;
        let output = output.map_err(|_| format!("{} takes too long", self.place()))?;
        let output = output.map_err(|it| format!("{} cannot be run: {it}", self.place()))?;
        if !output.status.success() {
            return Err(format!("{} failed: {}", self.place(), output.status));
        }
        String::from_utf8(output.stdout).map_err(|_| format!("{} prints no text", self.place()))
    }
}

#[cfg(feature = "keyring")]
fn keyring(name: &str) -> Result<String, String> {
    let entry = keyring::Entry::new("understudy", name).map_err(|it| it.to_string())?;
    entry.get_password().map_err(|it| format!("the keyring's entry {name}: {it}"))
}

#[cfg(not(feature = "keyring"))]
fn keyring(name: &str) -> Result<String, String> {
    Err(format!(
        "the keyring's entry {name}: this build has no keyring; build it with that feature"
    ))
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

    #[tokio::test]
    async fn a_key_is_got_from_where_it_is_kept() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, format!("{KEY}\n")).unwrap();
        let secrets = [
            Secret::variable("A", Some(format!(" {KEY} "))),
            Secret::at(Source::File(path)),
            command(&["echo", KEY]),
        ];
        for secret in secrets {
            assert_eq!(secret.get().await, Ok(Some(KEY)));
        }
        assert_eq!(Secret::none().get().await, Ok(None));
    }

    #[tokio::test]
    async fn what_is_missing_says_where_it_was_looked_for() {
        let reason = async |secret: Secret| secret.get().await.unwrap_err().to_string();
        let variable = Secret::variable("DEEPSEEK_API_KEY", None);
        assert!(variable.is_missing());
        assert!(reason(variable).await.contains("the variable DEEPSEEK_API_KEY holds no key"));
        assert!(reason(Secret::variable("A", Some(" ".to_owned()))).await.contains("holds no key"));
        let file = Secret::at(Source::File("/no/such/key".into()));
        assert!(reason(file).await.contains("the file /no/such/key cannot be read"));
        assert!(reason(command(&["false"])).await.contains("the command false failed"));
        assert!(reason(command(&["/no/such/program"])).await.contains("cannot be run"));
        assert!(reason(command(&["printf", "a\\nb"])).await.contains("holds more than a key"));
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

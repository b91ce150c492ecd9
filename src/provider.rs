//! Everybody who may be asked, and how each wants to be asked.
//!
//! A `Preset` is what a kind of provider has in common, a row of data; a `Provider` is one that its
//! user has set up; a `Target` is one of its models. `dialect` and `sse` are codecs that neither
//! send nor wait; `transport` alone opens a socket. Nothing here knows an editor.

pub mod address;
pub mod client;
pub mod dialect;
pub mod failure;
pub mod fim;
pub mod limits;
pub mod local;
pub mod prefill;
pub mod preset;
pub mod probe;
pub mod quirks;
pub mod secret;
pub mod sent;
pub mod sse;
pub mod thinking;
pub mod thought;
pub mod times;
pub mod transport;

use std::sync::Arc;

use url::{Host, Url};

use crate::provider::fim::{FillCapability, FillFormat};
use crate::provider::preset::Preset;
use crate::provider::secret::Secret;

/// A model that may be asked.
#[derive(Clone, Debug)]
pub struct Target {
    /// `provider/model`, as settings and people name it.
    pub name: Arc<str>,
    pub provider: Arc<Provider>,
    pub model: TargetModel,
}

/// A provider as its user set it up.
#[derive(Debug)]
pub struct Provider {
    pub name: String,
    pub preset: &'static Preset,
    /// Where it answers, without a slash at its end.
    pub url: String,
    /// Its url may be `http://` though it is no address of this machine.
    pub insecure: bool,
    pub secret: Secret,
}

/// A model of a provider.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetModel {
    /// The provider's own name for it.
    pub id: String,
    /// How it is asked to fill a hole.
    pub form: FillFormat,
    /// Tokens it takes, prompt and answer together, where that is known.
    pub window: Option<u32>,
}

impl Target {
    /// The same model asked to fill a hole by other means, for one whose server says that it cannot in the
    /// way it was asked.
    pub fn filled_otherwise(&self) -> Option<Self> {
        if !matches!(self.model.form, FillFormat::Suffix | FillFormat::Infill) {
            return None;
        }
        let cannot = Some(FillCapability { fills: false });
        let form = self.provider.preset.form(&self.model.id, None, cannot);
        let model = TargetModel { form, ..self.model.clone() };
        (form != self.model.form).then(|| Self { model, ..self.clone() })
    }
}

impl TargetModel {
    /// Its control tokens, as far as they are known.
    pub fn tokens(&self) -> &'static [&'static str] {
        self.form.tokens(&self.id)
    }
}

impl Provider {
    /// Host and port of its URL.
    pub fn host(&self) -> &str {
        let rest = self.url.split_once("://").map_or(&*self.url, |it| it.1);
        rest.split('/').next().unwrap_or(rest)
    }

    /// Whether it is on this very machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }
}

/// Whether a url is of this very machine.
pub fn is_loopback(url: &str) -> bool {
    // As the client reads it: a reader of our own would be told apart by some odd url.
    match Url::parse(url).as_ref().map(Url::host) {
        Ok(Some(Host::Domain(name))) => name == "localhost",
        Ok(Some(Host::Ipv4(address))) => address.is_loopback(),
        Ok(Some(Host::Ipv6(address))) => address.is_loopback(),
        Ok(None) | Err(_) => false,
    }
}

//! Providers of models: their wire formats, keys, failures and connections.
//!
//! A `Preset` is a row of data with everything that providers of one kind have in common. A `Provider` is one
//! that the user has configured; a `Target` is one of its models. `dialect` and `sse` are codecs that neither
//! send nor wait; only `transport` opens a socket. Nothing here depends on an editor.

pub mod address;
pub mod client;
pub mod dialect;
pub mod download;
pub mod extras;
pub mod failure;
pub mod fim;
pub mod limits;
pub mod local;
pub mod next_edit;
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

use std::path::PathBuf;
use std::sync::Arc;

use url::{Host, Url};

use crate::prompt::sized::TypedText;
use crate::provider::extras::RequestExtras;
use crate::provider::fim::{FillCapability, FillFormat};
use crate::provider::next_edit::EditFormat;
use crate::provider::preset::{BUILT_IN, Preset};
use crate::provider::secret::Secret;

/// A configured model.
#[derive(Clone, Debug)]
pub struct Target {
    /// `provider/model`, as in the settings.
    pub name: Arc<str>,
    pub provider: Arc<Provider>,
    pub model: TargetModel,
}

/// A configured provider.
#[derive(Debug)]
pub struct Provider {
    pub name: String,
    pub preset: &'static Preset,
    /// Base url, without a trailing slash.
    pub url: String,
    /// Allows `http://` to another machine.
    pub insecure: bool,
    /// Address of the built-in engine: a Unix socket, or a named pipe on Windows. Requests then use it whatever
    /// the url.
    pub socket: Option<PathBuf>,
    pub secret: Secret,
    /// Headers and fields that the settings add to each request.
    pub extras: RequestExtras,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TargetModel {
    /// The provider's name for the model.
    pub id: String,
    /// The way to request the completion of a hole.
    pub form: FillFormat,
    /// The way to request the next edit; `None` if there is none.
    pub edits: Option<EditFormat>,
    /// Context context_length in tokens, prompt and answer together; `None` if unknown.
    pub context_length: Option<u32>,
}

impl Target {
    /// Where a prompt contains what the user types after its beginning was read. A half-typed word in the hole needs an
    /// engine that generates its last token anew; other servers continue it badly there.
    pub fn typed_text(&self) -> TypedText {
        match self.provider.preset.kind == BUILT_IN && self.model.form == FillFormat::Infill {
            true => TypedText::InHole,
            false => TypedText::BeforeHole,
        }
    }

    /// The same model with another fill format, for use after the server reported that it does not support
    /// the current one. `None` if there is no other format.
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
    /// Control tokens of the model; empty if unknown.
    pub fn tokens(&self) -> &'static [&'static str] {
        self.form.tokens(&self.id)
    }
}

impl Provider {
    /// A provider of this kind without settings of its own.
    pub fn new(preset: &'static Preset, url: impl Into<String>, secret: Secret) -> Self {
        let (name, extras) = (preset.kind.to_owned(), RequestExtras::default());
        Self { name, preset, url: url.into(), insecure: false, socket: None, secret, extras }
    }

    /// Host and port of the url.
    pub fn host(&self) -> &str {
        let rest = self.url.split_once("://").map_or(&*self.url, |it| it.1);
        rest.split('/').next().unwrap_or(rest)
    }

    /// Whether the provider is on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }
}

/// Whether a url points to this machine.
pub fn is_loopback(url: &str) -> bool {
    // Uses the HTTP client's own parser: a second parser could disagree with it about malformed urls.
    match Url::parse(url).as_ref().map(Url::host) {
        Ok(Some(Host::Domain(name))) => name == "localhost",
        Ok(Some(Host::Ipv4(address))) => address.is_loopback(),
        Ok(Some(Host::Ipv6(address))) => address.is_loopback(),
        Ok(None) | Err(_) => false,
    }
}

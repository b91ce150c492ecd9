//! Everybody who may be asked, and how each wants to be asked.
//!
//! A `Preset` is what a kind of provider has in common, a row of data; a `Provider` is one that its
//! user has set up; a `Target` is one of its models. `dialect` and `sse` are codecs that neither
//! send nor wait; `transport` alone opens a socket. Nothing here knows an editor.

pub mod catalog;
pub mod dialect;
pub mod failure;
pub mod fim;
pub mod limits;
pub mod preset;
pub mod price;
pub mod secret;
pub mod sse;
pub mod transport;
pub mod usage;

use std::net::IpAddr;
use std::sync::Arc;

use crate::provider::fim::Form;
use crate::provider::preset::Preset;
use crate::provider::secret::Secret;

/// A model that may be asked.
#[derive(Clone, Debug)]
pub struct Target {
    /// `provider/model`, as settings and people name it.
    pub name: Arc<str>,
    pub provider: Arc<Provider>,
    pub model: Model,
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
pub struct Model {
    /// The provider's own name for it.
    pub id: String,
    /// How it is asked to fill a hole.
    pub form: Form,
    /// Tokens it takes, prompt and answer together, where that is known.
    pub window: Option<u32>,
}

impl Provider {
    /// Whether it is on this very machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }
}

/// Whether a url is of this very machine.
pub fn is_loopback(url: &str) -> bool {
    let host = url.split_once("://").map_or("", |it| it.1);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |it| it.1);
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let address = name.parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|it| it.is_loopback())
}

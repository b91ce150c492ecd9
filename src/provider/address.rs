//! Base urls: the url of a request below one, and what users get wrong about them.
//!
//! Users paste what a page of documentation shows: a whole route, a url without its `/v1`, or with one that
//! the kind's own paths add. `correction` finds what is certainly wrong; `doubt` what may be wrong;
//! `variants` lists what else is worth a try.

use url::Url;

use crate::provider::preset;
use crate::provider::preset::Preset;

/// Routes that are pasted with their base, the longest first.
const ROUTES: [&str; 20] = [
    "/chat/completions",
    "/fim/completions",
    "/beta/completions",
    "/messages/count_tokens",
    "/completions",
    "/completion",
    "/messages",
    "/responses",
    "/embeddings",
    "/api/generate",
    "/api/chat",
    "/api/tags",
    "/api/show",
    "/generate_stream",
    "/generate",
    "/infill",
    "/models",
    "/health",
    "/props",
    "/tokenize",
];

/// The version that most servers answer below.
const VERSION: &str = "/v1";

/// What is wrong with a base url, and the url that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    pub why: &'static str,
    pub url: String,
}

/// A base url in its parts.
#[derive(Clone, Copy)]
struct BaseUrl<'a> {
    /// Scheme and host.
    origin: &'a str,
    /// With its leading slash and without a trailing one.
    path: &'a str,
    /// With its question mark.
    query: &'a str,
}

/// The url of a request below a base url, as text.
pub fn join(base: &str, path: &str) -> String {
    // A fragment is never sent, and would swallow the path.
    let base = base.trim().split('#').next().unwrap_or_default();
    // Without a slash it could become a part of the host.
    let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
    // A deployment of Azure's has its version behind the path.
    let (base, query) = base.split_once('?').unwrap_or((base, ""));
    let base = base.trim_end_matches('/');
    let sign = match (query.is_empty(), path.contains('?')) {
        (true, _) => "",
        (false, true) => "&",
        (false, false) => "?",
    };
    format!("{base}{slash}{path}{sign}{query}")
}

/// A request's url as it may be shown: without a user's name and password, and without the values of its query
/// but those of versions.
pub fn shown(url: &str) -> String {
    const OPEN: [&str; 3] = ["api-version", "alt", "version"];
    let Ok(mut parsed) = Url::parse(url) else { return url.to_owned() };
    if parsed.cannot_be_a_base() {
        return url.to_owned();
    }
    if parsed.set_username("").and_then(|()| parsed.set_password(None)).is_err() {
        return url.to_owned();
    }
    let hide = |it: &str| match it.split_once('=') {
        Some((name, _)) if !OPEN.contains(&name) => format!("{name}=…"),
        Some(_) | None => it.to_owned(),
    };
    let query = parsed.query().map(|it| it.split('&').map(hide).collect::<Vec<_>>().join("&"));
    parsed.set_query(None);
    match query {
        Some(query) => format!("{parsed}?{query}"),
        None => parsed.to_string(),
    }
}

/// What is certainly wrong with a base url of this kind of provider.
pub fn correction(url: &str, preset: &Preset) -> Option<Correction> {
    let base = BaseUrl::of(url)?;
    let mut path = base.path;
    let mut why = None;
    if url.trim() != url {
        why = Some("it has white space around it");
    }
    if url.contains('#') {
        why = Some("the part after `#` is never sent");
    }
    if let Some(rest) = without_route(path, preset) {
        (path, why) = (rest, Some("it ends with the route of a request, which Understudy adds"));
    }
    let doubled = path.len();
    while let Some(rest) = path.strip_suffix("/v1/v1") {
        path = &path[..rest.len() + VERSION.len()];
    }
    if path.len() < doubled {
        why = Some("it contains `/v1` twice");
    }
    if let Some(rest) = without_version(path, preset) {
        (path, why) = (rest, Some("Understudy adds its last part for this kind of provider"));
    }
    let known = home(base.origin, path, preset);
    if known.is_some() {
        why = Some("the provider uses another path");
    }
    let url = known.unwrap_or_else(|| format!("{}{path}{}", base.origin, base.query));
    Some(Correction { why: why?, url })
}

/// The url that is meant where a base url without a path is one that forgot `/v1`; some servers do answer
/// without it.
pub fn doubt(url: &str, preset: &Preset) -> Option<String> {
    let base = BaseUrl::of(url)?;
    let is_below =
        preset.url.is_empty() && preset.kind != "azure-openai" || preset.url.ends_with(VERSION);
    let is_home = !preset.local && host(base.origin) == host(preset.url);
    (base.path.is_empty() && is_below && !is_home)
        .then(|| format!("{}{VERSION}{}", base.origin, base.query))
}

/// Other base urls of the same server that may be meant, the likeliest first.
pub fn variants(url: &str, preset: &Preset) -> Vec<String> {
    let Some(base) = BaseUrl::of(url) else { return Vec::new() };
    let corrected = correction(url, preset).map(|it| it.url);
    let path = without_route(base.path, preset).unwrap_or(base.path);
    let bare = path.trim_end_matches(VERSION);
    let own = BaseUrl::of(preset.url).map_or("", |it| it.path);
    let paths = [format!("{bare}{VERSION}"), bare.to_owned(), own.to_owned()];
    let mut variants: Vec<String> = Vec::new();
    let all = paths.map(|it| format!("{}{it}{}", base.origin, base.query));
    for variant in corrected.into_iter().chain(all) {
        let is_same = BaseUrl::of(&variant).is_some_and(|it| it.origin == base.origin);
        let is_new = variant != url.trim_end_matches('/') && !variants.contains(&variant);
        if is_same && is_new {
            variants.push(variant);
        }
    }
    variants
}

/// The path that leads, from below a base url, to a path below another one of the same server: each `..`
/// takes off a part of the first one's.
pub fn path_to(url: &str, variant: &str, path: &str) -> Option<String> {
    let (base, variant) = (BaseUrl::of(url)?, BaseUrl::of(variant)?);
    let up = "/..".repeat(base.path.matches('/').count());
    Some(format!("{up}{}{path}", variant.path))
}

impl<'a> BaseUrl<'a> {
    fn of(url: &'a str) -> Option<Self> {
        let url = url.trim().split('#').next()?;
        let at = url.find("://")? + 3;
        let (rest, query) = url.split_at(url.find('?').unwrap_or(url.len()));
        let slash = rest[at..].find('/').map_or(rest.len(), |it| at + it);
        let (origin, path) = rest.split_at(slash);
        (origin.len() > at).then(|| Self {
            origin,
            path: path.trim_end().trim_end_matches('/'),
            query,
        })
    }
}

/// A path without the route at its end.
fn without_route<'a>(path: &'a str, preset: &Preset) -> Option<&'a str> {
    if let Some((rest, model)) = path.split_once("/models/")
        && (preset.kind == "gemini" || model.contains(':'))
    {
        return Some(rest);
    }
    // Where its own url ends like a route, that is no mistake.
    let own = |it: &&&str| !preset.url.ends_with(**it);
    ROUTES
        .iter()
        .filter(own)
        .find_map(|it| path.strip_suffix(it))
        .map(|it| it.trim_end_matches('/'))
}

/// A path without what the kind's own paths begin with: theirs have `/v1` or `/api` in them.
fn without_version<'a>(path: &'a str, preset: &Preset) -> Option<&'a str> {
    let own = preset.chat.or(preset.fill).map_or("", |it| it.1);
    let adds = |it: &&str| own.starts_with(&format!("{it}/"));
    // Ollama answers below `/v1` as well, but not to its own routes.
    let versions = [VERSION, "/api"];
    versions.iter().any(adds).then_some(())?;
    versions.iter().find_map(|it| path.strip_suffix(it))
}

/// The url of a provider that is known, where a path on its host is none of its.
fn home(origin: &str, path: &str, preset: &Preset) -> Option<String> {
    let is_home = |it: &&Preset| {
        !it.local
            && host(it.url) == host(origin)
            && it.chat.map(|it| it.1) == preset.chat.map(|it| it.1)
    };
    let known = Some(preset).filter(is_home).or_else(|| preset::all().iter().find(is_home))?;
    let own = BaseUrl::of(known.url)?.path;
    let is_cut = path.is_empty()
        || path == VERSION && !own.starts_with(VERSION)
        || own.starts_with(&format!("{path}/"));
    // Where a provider answers without a path it may answer below a version too.
    (is_cut && path != own && !own.is_empty()).then(|| known.url.to_owned())
}

fn host(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(str::to_owned)
}

#[cfg(test)]
mod tests;

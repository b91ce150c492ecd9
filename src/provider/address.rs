//! Base urls: joins them with paths, and detects common mistakes in them.
//!
//! Users paste what documentation pages show: a complete route, a url without `/v1`, or a url with a version
//! that Understudy adds for that kind of provider. `correction` detects certain mistakes, `doubt` possible
//! ones; `variants` lists alternatives to try.

use url::Url;

use crate::provider::preset;
use crate::provider::preset::Preset;

/// Routes that users paste as part of the base url. A route that ends with another one comes first.
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

/// The version in the paths of most servers.
const VERSION: &str = "/v1";

/// A mistake in a base url, with the corrected url.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    pub why: &'static str,
    pub url: String,
}

#[derive(Clone, Copy)]
struct BaseUrl<'a> {
    /// Scheme and host.
    origin: &'a str,
    /// Path with a leading slash and without a trailing one.
    path: &'a str,
    /// Query with its question mark.
    query: &'a str,
}

/// Appends the path of a request to a base url.
pub fn join(base: &str, path: &str) -> String {
    // A fragment is never sent, and the path would become part of it.
    let base = base.trim().split('#').next().unwrap_or_default();
    // Without the slash, the path could become part of the host.
    let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
    // A deployment of Azure OpenAI has its version in the query.
    let (base, query) = base.split_once('?').unwrap_or((base, ""));
    let base = base.trim_end_matches('/');
    let sign = match (query.is_empty(), path.contains('?')) {
        (true, _) => "",
        (false, true) => "&",
        (false, false) => "?",
    };
    format!("{base}{slash}{path}{sign}{query}")
}

/// A url for display: without user name and password, and without query values except versions.
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

/// The certain mistake in a base url for this kind of provider, if there is one.
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

/// The url with `/v1`, if the base url has no path and may lack the version. Some servers do answer without
/// it.
pub fn doubt(url: &str, preset: &Preset) -> Option<String> {
    let base = BaseUrl::of(url)?;
    let is_below =
        preset.url.is_empty() && preset.kind != "azure-openai" || preset.url.ends_with(VERSION);
    let is_home = !preset.local && host(base.origin) == host(preset.url);
    (base.path.is_empty() && is_below && !is_home)
        .then(|| format!("{}{VERSION}{}", base.origin, base.query))
}

/// Other base urls on the same server to try, the likeliest first.
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

/// A relative path that leads from base url `url` to `path` below base url `variant` on the same server. Each
/// `..` removes one segment of the path of `url`.
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

/// The path without a route at its end.
fn without_route<'a>(path: &'a str, preset: &Preset) -> Option<&'a str> {
    if let Some((rest, model)) = path.split_once("/models/")
        && (preset.kind == "gemini" || model.contains(':'))
    {
        return Some(rest);
    }
    // A route at the end of the preset's own url is no mistake.
    let own = |it: &&&str| !preset.url.ends_with(**it);
    ROUTES
        .iter()
        .filter(own)
        .find_map(|it| path.strip_suffix(it))
        .map(|it| it.trim_end_matches('/'))
}

/// The path without a `/v1` or `/api` that the preset's own paths start with.
fn without_version<'a>(path: &'a str, preset: &Preset) -> Option<&'a str> {
    let own = preset.chat.or(preset.fill).map_or("", |it| it.1);
    let adds = |it: &&str| own.starts_with(&format!("{it}/"));
    // Ollama also serves `/v1`, but not its own routes below it.
    let versions = [VERSION, "/api"];
    versions.iter().any(adds).then_some(())?;
    versions.iter().find_map(|it| path.strip_suffix(it))
}

/// The url of the known provider at this host, if the path is incomplete.
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
    // A provider that answers without a path may also answer below a version.
    (is_cut && path != own && !own.is_empty()).then(|| known.url.to_owned())
}

fn host(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(str::to_owned)
}

#[cfg(test)]
mod tests;

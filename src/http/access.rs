//! Access control. A web page is rejected by its `Origin`, DNS rebinding by the `Host`, another user's
//! process by the token. No body is read before that.

use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, StatusCode, Uri, header};

use crate::http::token::Token;

/// Where programs that accept only a URL put the token: `/t/TOKEN/v1/…`.
const PATH: &str = "/t/";

/// What a request must contain.
pub struct Access {
    /// `127.0.0.1:7717` and its other names.
    hosts: [String; 3],
    origins: Vec<String>,
    /// `None` if no token is required.
    token: Option<Token>,
}

/// Why a request is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    Host,
    Origin,
    Token,
    NotJson,
}

impl Access {
    pub fn new(port: u16, origins: Vec<String>, token: Option<Token>) -> Self {
        let hosts = ["127.0.0.1", "localhost", "[::1]"].map(|it| format!("{it}:{port}"));
        Self { hosts, origins, token }
    }

    /// Admits a request, and removes the token from its path.
    pub fn admit(&self, parts: &mut Parts) -> Result<(), Denial> {
        if !self.is_host(parts) {
            return Err(Denial::Host);
        }
        if !self.is_origin(&parts.headers) {
            return Err(Denial::Origin);
        }
        let in_path = take_token(&mut parts.uri);
        if let Some(token) = &self.token
            && !shown(&parts.headers).any(|it| token.is(it))
            && !in_path.is_some_and(|it| token.is(it.as_bytes()))
        {
            return Err(Denial::Token);
        }
        match parts.method == Method::POST && !is_json(&parts.headers) {
            true => Err(Denial::NotJson),
            false => Ok(()),
        }
    }

    /// Compares the header instead of the resolved address: any web page's name can resolve to this machine.
    fn is_host(&self, parts: &Parts) -> bool {
        let is_ours =
            |it: &[u8]| self.hosts.iter().any(|own| own.as_bytes().eq_ignore_ascii_case(it));
        let mut hosts = parts.headers.get_all(header::HOST).iter();
        let (first, second) = (hosts.next(), hosts.next());
        let in_uri = parts.uri.authority().is_none_or(|it| is_ours(it.as_str().as_bytes()));
        in_uri && second.is_none() && first.is_some_and(|it| is_ours(it.as_bytes()))
    }

    /// Browsers send the origin of a page; other programs send none.
    fn is_origin(&self, headers: &HeaderMap) -> bool {
        let listed = |it: &[u8]| self.origins.iter().any(|own| own.as_bytes() == it);
        let mut origins = headers.get_all(header::ORIGIN).iter().peekable();
        let is_cross_site = || headers.get("sec-fetch-site").is_some_and(|it| it == "cross-site");
        match origins.peek() {
            Some(_) => origins.all(|it| listed(it.as_bytes())),
            None => !is_cross_site(),
        }
    }
}

/// Every token in the headers of a request.
fn shown(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let bearer = headers.get_all(header::AUTHORIZATION).iter().filter_map(|it| {
        let (scheme, token) = it.as_bytes().split_at_checked("Bearer ".len())?;
        scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token.trim_ascii())
    });
    let keys = ["x-api-key", "api-key"].into_iter();
    bearer.chain(keys.flat_map(|it| headers.get_all(it)).map(|it| it.as_bytes()))
}

/// Removes the token from a path.
fn take_token(uri: &mut Uri) -> Option<String> {
    let whole = uri.path_and_query()?.as_str().to_owned();
    let rest = whole.strip_prefix(PATH)?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (token, path) = rest.split_at(end);
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    *uri = Uri::from(PathAndQuery::try_from(path).ok()?);
    Some(token.to_owned())
}

/// A web page can send a form without permission, but not JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let kind =
        headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

impl Denial {
    pub fn status(self) -> StatusCode {
        match self {
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::Origin => StatusCode::FORBIDDEN,
            Self::Token => StatusCode::UNAUTHORIZED,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        }
    }

    pub fn reason(self) -> &'static str {
        match self {
            Self::Host => "the Host header must be 127.0.0.1, localhost or [::1] with the port",
            Self::Origin => "web pages may not send requests; `http.origins` lists those that may",
            Self::Token => {
                "the token is missing or wrong: `understudy http` names its file. Send it as \
                 Authorization: Bearer, as x-api-key, or in the path: /t/TOKEN/v1"
            }
            Self::NotJson => "the Content-Type header must be application/json",
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    const TOKEN: &str = "secret";

    #[track_caller]
    fn check(target: &str, headers: &[(&str, &str)], expected: Result<&str, Denial>) {
        let access =
            Access::new(7, vec!["http://a.example".to_owned()], Some(Token::new(TOKEN).unwrap()));
        let mut request = Request::post(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let admitted = access.admit(&mut parts).map(|()| parts.uri.to_string());
        assert_eq!(admitted, expected.map(str::to_owned), "{target} {headers:?}");
    }

    const JSON: (&str, &str) = ("content-type", "application/json");
    const HOST: (&str, &str) = ("host", "127.0.0.1:7");
    const KEY: (&str, &str) = ("x-api-key", TOKEN);

    #[test]
    fn a_program_with_the_token_is_let_through() {
        for key in [
            KEY,
            ("authorization", "Bearer secret"),
            ("authorization", "bearer secret"),
            ("api-key", TOKEN),
        ] {
            check("/v1/models", &[HOST, JSON, key], Ok("/v1/models"));
        }
        check("/t/secret/v1/models?a=b", &[HOST, JSON], Ok("/v1/models?a=b"));
        check("/t/secret", &[HOST, JSON], Ok("/"));
        check("/v1/models", &[("host", "LOCALHOST:7"), JSON, KEY], Ok("/v1/models"));
        check(
            "/v1/models",
            &[("host", "[::1]:7"), ("content-type", "application/json; charset=utf-8"), KEY],
            Ok("/v1/models"),
        );
    }

    #[test]
    fn without_the_token_no_one_is() {
        for key in [
            ("x-api-key", "secre"),
            ("authorization", "Basic secret"),
            ("authorization", "secret"),
            ("cookie", TOKEN),
        ] {
            check("/v1/models", &[HOST, JSON, key], Err(Denial::Token));
        }
        for target in [
            "/v1/models",
            "/t/",
            "/t/other/v1/models",
            "/v1/t/secret/models",
            "/v1/models?token=secret",
        ] {
            check(target, &[HOST, JSON], Err(Denial::Token));
        }
    }

    #[test]
    fn a_web_page_is_not_even_with_the_token() {
        for origin in [
            "http://evil.example",
            "null",
            "http://a.example.evil.example",
            "http://A.example",
            "http://127.0.0.1:7",
        ] {
            check("/v1/models", &[HOST, JSON, KEY, ("origin", origin)], Err(Denial::Origin));
        }
        check(
            "/v1/models",
            &[HOST, JSON, KEY, ("sec-fetch-site", "cross-site")],
            Err(Denial::Origin),
        );
        check(
            "/v1/models",
            &[HOST, JSON, KEY, ("origin", "http://a.example"), ("origin", "http://b.example")],
            Err(Denial::Origin),
        );
        check("/v1/models", &[HOST, JSON, KEY, ("origin", "http://a.example")], Ok("/v1/models"));
    }

    #[test]
    fn a_name_that_leads_here_by_dns_is_not() {
        for host in [
            "evil.example:7",
            "127.0.0.1",
            "127.0.0.1:8",
            "127.0.0.1:7.evil.example",
            "localhost.:7",
            "",
        ] {
            check("/v1/models", &[("host", host), JSON, KEY], Err(Denial::Host));
        }
        check("/v1/models", &[JSON, KEY], Err(Denial::Host));
        check("/v1/models", &[HOST, ("host", "evil.example:7"), JSON, KEY], Err(Denial::Host));
        check("http://evil.example:7/v1/models", &[HOST, JSON, KEY], Err(Denial::Host));
    }

    #[test]
    fn what_a_form_can_send_is_not() {
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "text/plain; application/json",
            "",
        ] {
            check("/v1/models", &[HOST, KEY, ("content-type", kind)], Err(Denial::NotJson));
        }
        check("/v1/models", &[HOST, KEY], Err(Denial::NotJson));
    }
}

//! Fetches a large file, or the rest of one.

use std::time::Duration;

use http::header::{
    ACCEPT_ENCODING, CONTENT_RANGE, ETAG, HeaderValue, IF_RANGE, LAST_MODIFIED, LOCATION, RANGE,
};
use http::{Method, StatusCode};
use reqwest::{Request, Response, Url};
use tokio::time::timeout;

use crate::provider::failure::{Failure, Phase};
use crate::provider::transport::client::{self, Clients};
use crate::provider::transport::dial::Dial;
use crate::provider::transport::{CONNECT, Transport, reply};
use crate::provider::{failure, is_loopback};

/// Redirects that are followed.
const REDIRECTS: usize = 5;
/// Longest time without a byte.
const STALL: Duration = Duration::from_secs(30);

/// What is requested of a file.
#[derive(Clone, Copy, Debug)]
pub struct FileRequest<'a> {
    pub url: &'a str,
    /// The first byte. A server without ranges sends the file from the beginning.
    pub start: u64,
    /// The version that the earlier bytes are of. If the server has another one, it sends that from the beginning.
    pub version: Option<&'a str>,
    pub redirects: Redirects<'a>,
}

/// To which hosts redirects are followed.
#[derive(Clone, Copy, Debug)]
pub enum Redirects<'a> {
    /// The source's own, this one, and those below it.
    Below(&'a str),
    /// Any that speaks TLS.
    Anywhere,
}

/// A file that is arriving.
#[derive(Debug)]
pub struct FileBody {
    response: Response,
    /// Where its first byte belongs.
    pub start: u64,
}

impl Transport {
    /// Requests a file, or the rest of one. Sends no key.
    ///
    /// # Errors
    ///
    /// If the request fails, the response has an unsuccessful status, or a redirect leads elsewhere.
    pub async fn file(&self, file: FileRequest<'_>) -> Result<FileBody, Failure> {
        let mut url = Url::parse(file.url).map_err(|it| refused(&format!("invalid url: {it}")))?;
        let source = url.host_str().unwrap_or_default().to_owned();
        for _ in 0..=REDIRECTS {
            file.redirects.check(&source, &url)?;
            let response = timeout(STALL, request(&self.clients, url.clone(), file)).await;
            let response = response.map_err(|_| Failure::Timeout(Phase::FirstToken))??;
            let to = response.headers().get(LOCATION).and_then(|it| it.to_str().ok());
            match to.filter(|_| response.status().is_redirection()) {
                Some(to) => {
                    url = url.join(to).map_err(|it| refused(&format!("invalid redirect: {it}")))?;
                }
                None => return begun(response, file.start),
            }
        }
        Err(refused(&format!("{source} redirects too often")))
    }
}

impl Redirects<'_> {
    fn check(self, source: &str, url: &Url) -> Result<(), Failure> {
        let host = url.host_str().unwrap_or_default();
        let is_secure = url.scheme() == "https";
        let is_below = |domain: &str| {
            host.strip_suffix(domain).is_some_and(|it| it.is_empty() || it.ends_with('.'))
        };
        let is_allowed = match self {
            Self::Below(domain) => host == source || is_below(domain),
            Self::Anywhere => host == source || is_secure,
        };
        if !is_allowed {
            return Err(refused(&format!("a redirect to another host, {host}, was not followed")));
        }
        if !is_secure && !is_loopback(url.as_str()) {
            return Err(refused(&format!("{host}: https:// is required")));
        }
        Ok(())
    }
}

fn refused(reason: &str) -> Failure {
    Failure::Connect { reason: failure::clean(reason) }
}

async fn request(clients: &Clients, url: Url, file: FileRequest<'_>) -> Result<Response, Failure> {
    let client = clients.at(url.as_str())?;
    let mut request = Request::new(Method::GET, url);
    request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if file.start > 0 {
        let range = format!("bytes={}-", file.start);
        let range = HeaderValue::from_str(&range).expect("it is a number");
        request.headers_mut().insert(RANGE, range);
        if let Some(Ok(version)) = file.version.map(HeaderValue::from_str) {
            request.headers_mut().insert(IF_RANGE, version);
        }
    }
    let dial = Dial::within(CONNECT);
    dial.watch(client.execute(request)).await.map_err(|it| client::failure_of(&it, &dial))
}

fn begun(response: Response, start: u64) -> Result<FileBody, Failure> {
    let range = response.headers().get(CONTENT_RANGE).and_then(|it| it.to_str().ok());
    match response.status() {
        StatusCode::OK => Ok(FileBody { response, start: 0 }),
        StatusCode::PARTIAL_CONTENT
            if range.is_some_and(|it| it.starts_with(&format!("bytes {start}-"))) =>
        {
            Ok(FileBody { response, start })
        }
        status => {
            let reason = format!("{}: {status}", response.url().host_str().unwrap_or_default());
            Err(Failure::BadRequest { status: status.as_u16(), reason })
        }
    }
}

impl FileBody {
    /// Size of the whole file in bytes, if the server states it.
    pub fn bytes(&self) -> Option<u64> {
        Some(self.start + self.response.content_length()?)
    }

    /// What `FileRequest::version` compares, if the server states it: a strong entity tag, or a date.
    pub fn version(&self) -> Option<&str> {
        let header = |name| self.response.headers().get(name).and_then(|it| it.to_str().ok());
        header(ETAG).filter(|it| it.starts_with('"')).or_else(|| header(LAST_MODIFIED))
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    ///
    /// If the connection breaks, or nothing arrives for 30 seconds.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let chunk = timeout(STALL, self.response.chunk()).await;
        let chunk = chunk.map_err(|_| Failure::Timeout(Phase::Stall))?;
        Ok(chunk.map_err(|it| reply::broken(&it))?.map(Vec::from))
    }
}

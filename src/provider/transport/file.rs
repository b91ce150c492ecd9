//! Fetches a large file, or the rest of one.

use std::time::Duration;

use http::header::{ACCEPT_ENCODING, CONTENT_RANGE, HeaderValue, LOCATION, RANGE};
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

/// A file that is arriving.
#[derive(Debug)]
pub struct FileBody {
    response: Response,
    /// Where its first byte belongs.
    pub start: u64,
}

impl Transport {
    /// Requests a file from its byte `start` on; a server without ranges sends it from the beginning. Follows
    /// redirects to the same host, and to hosts below `storage`. Sends no key.
    ///
    /// # Errors
    ///
    /// If the request fails, the response has an unsuccessful status, or a redirect leads elsewhere.
    pub async fn file(&self, url: &str, start: u64, storage: &str) -> Result<FileBody, Failure> {
        let refuse = |reason: String| Failure::Connect { reason: failure::clean(&reason) };
        let mut url = Url::parse(url).map_err(|it| refuse(format!("invalid url: {it}")))?;
        let source = url.host_str().unwrap_or_default().to_owned();
        for _ in 0..=REDIRECTS {
            let host = url.host_str().unwrap_or_default();
            let below = host.strip_suffix(storage).is_some_and(|it| it.ends_with('.'));
            if host != source && !below {
                return Err(refuse(format!(
                    "a redirect to another host, {host}, was not followed"
                )));
            }
            if url.scheme() != "https" && !is_loopback(url.as_str()) {
                return Err(refuse(format!("{host}: https:// is required")));
            }
            let response = timeout(STALL, request(&self.clients, url.clone(), start)).await;
            let response = response.map_err(|_| Failure::Timeout(Phase::FirstToken))??;
            let to = response.headers().get(LOCATION).and_then(|it| it.to_str().ok());
            match to.filter(|_| response.status().is_redirection()) {
                Some(to) => {
                    url = url.join(to).map_err(|it| refuse(format!("invalid redirect: {it}")))?;
                }
                None => return begun(response, start),
            }
        }
        Err(refuse(format!("{source} redirects too often")))
    }
}

async fn request(clients: &Clients, url: Url, start: u64) -> Result<Response, Failure> {
    let client = clients.at(url.as_str())?;
    let mut request = Request::new(Method::GET, url);
    request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if start > 0 {
        let range = HeaderValue::from_str(&format!("bytes={start}-")).expect("it is a number");
        request.headers_mut().insert(RANGE, range);
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

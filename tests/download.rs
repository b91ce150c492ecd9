//! Downloads of models from a scripted source. The paused clock advances when both sides wait.

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use understudy::provider::download::{DownloadError, DownloadSource, download, survey};
use understudy::provider::transport::Transport;

use crate::support::upstream::script::{Framing, Script, Step};
use crate::support::upstream::{LONG, Received, Upstream};

const FILE: &[u8] = b"GGUF and then the weights of a very small model";
const SHA256: &str = "8c58a3c7d93702124153e097cde0829f1ac41ed42240f8a1bd53b5f4f330bafc";

struct Download {
    folder: TempDir,
    source: DownloadSource,
}

impl Download {
    fn from(upstream: &Upstream) -> Self {
        let source = DownloadSource {
            url: format!("{}/model.gguf", upstream.url()),
            storage: Some("example.invalid".to_owned()),
            bytes: FILE.len() as u64,
            sha256: Some(SHA256.to_owned()),
            version: None,
        };
        Self { folder: TempDir::new().unwrap(), source }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("models/model.gguf")
    }

    /// Downloads, and returns the progress that was reported.
    async fn run(&self) -> Result<Vec<u64>, DownloadError> {
        let progress = RefCell::new(Vec::new());
        let on_progress = |bytes| progress.borrow_mut().push(bytes);
        download(&Transport::default(), &self.source, &self.path(), &on_progress).await?;
        Ok(progress.into_inner())
    }

    /// Downloads, and returns the hash that was found.
    async fn hash(&self) -> Result<String, DownloadError> {
        download(&Transport::default(), &self.source, &self.path(), &|_| ()).await
    }

    /// The names and sizes of the files in the folder of models.
    fn files(&self) -> Vec<(String, u64)> {
        let entries = fs::read_dir(self.folder.path().join("models")).unwrap();
        let of = |it: fs::DirEntry| {
            (it.file_name().into_string().unwrap(), it.metadata().unwrap().len())
        };
        let mut files: Vec<_> = entries.map(|it| of(it.unwrap())).collect();
        files.sort();
        files
    }

    fn assert_done(&self) {
        assert_eq!(self.files(), [("model.gguf".to_owned(), FILE.len() as u64)]);
        assert_eq!(fs::read(self.path()).unwrap(), FILE);
    }
}

/// The start of a request's range, if it has one.
fn start(request: &Received) -> Option<usize> {
    request.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
}

/// The file from the requested byte on.
fn part(request: &Received) -> Script {
    let start = start(request);
    let bytes = FILE[start.unwrap_or(0)..].to_vec();
    let framing = Framing::Length(bytes.len());
    let status = if start.is_some() { 206 } else { 200 };
    let script = Script::new(status, vec![Step::Bytes(bytes)]).framed(framing);
    match start {
        Some(it) => {
            script.header("content-range", &format!("bytes {it}-{}/{}", FILE.len() - 1, FILE.len()))
        }
        None => script,
    }
}

/// The same, with the connection ending after so many bytes.
fn cut(request: &Received, bytes: usize) -> Script {
    let mut script = part(request);
    script.steps =
        vec![Step::Bytes(FILE[start(request).unwrap_or(0)..][..bytes].to_vec()), Step::Cut];
    script
}

#[tokio::test(start_paused = true)]
async fn a_model_is_downloaded_and_its_progress_is_reported() {
    let upstream = Upstream::deciding(|request| part(request).in_pieces(20));
    let download = Download::from(&upstream);
    let progress = download.run().await.unwrap();
    assert_eq!((progress.first(), progress.last()), (Some(&0), Some(&(FILE.len() as u64))));
    assert!(progress.is_sorted());
    download.assert_done();
    let request = &upstream.requests()[0];
    assert_eq!(request.header("accept-encoding"), Some("identity"));
    assert_eq!(request.header("authorization"), None);
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_download_continues_where_it_ended() {
    let upstream = Upstream::deciding(|request| match start(request) {
        None => cut(request, 10),
        Some(10) => cut(request, 5),
        Some(_) => part(request),
    });
    let download = Download::from(&upstream);
    download.run().await.unwrap();
    download.assert_done();
    let starts: Vec<_> = upstream.requests().iter().map(start).collect();
    assert_eq!(starts, [None, Some(10), Some(15)]);
}

#[tokio::test(start_paused = true)]
async fn a_later_download_continues_an_earlier_one() {
    let upstream = Upstream::deciding(|request| match start(request) {
        None => cut(request, 10),
        Some(_) => Script::status(503),
    });
    let mut download = Download::from(&upstream);
    let error = download.run().await.unwrap_err().to_string();
    assert!(
        error.contains("503") && error.contains("the next download continues there"),
        "{error}"
    );
    assert_eq!(download.files(), [("model.gguf.part".to_owned(), 10)]);
    let upstream = Upstream::deciding(part);
    download.source.url = format!("{}/model.gguf", upstream.url());
    download.run().await.unwrap();
    download.assert_done();
    assert_eq!(start(&upstream.requests()[0]), Some(10));
}

#[tokio::test(start_paused = true)]
async fn a_download_that_stalls_is_continued_over_a_new_connection() {
    let upstream = Upstream::deciding(|request| match start(request) {
        None => {
            let mut script = cut(request, 10);
            script.steps[1] = Step::Wait(LONG);
            script
        }
        Some(_) => part(request),
    });
    let download = Download::from(&upstream);
    download.run().await.unwrap();
    download.assert_done();
    assert_eq!((upstream.hits(), upstream.connections()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_source_without_ranges_sends_the_file_again() {
    let mut count = 0;
    let upstream = Upstream::deciding(move |request| {
        count += 1;
        let whole = Received { headers: Vec::new(), ..request.clone() };
        if count == 1 { cut(&whole, 10) } else { part(&whole) }
    });
    let download = Download::from(&upstream);
    download.run().await.unwrap();
    download.assert_done();
    assert_eq!(upstream.hits(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_file_with_another_hash_or_length_is_deleted() {
    let other = FILE.iter().rev().copied().collect::<Vec<u8>>();
    let upstream = Upstream::start([Script::new(200, vec![Step::Bytes(other)])]);
    let download = Download::from(&upstream);
    let error = download.run().await.unwrap_err();
    assert!(error.to_string().contains(&format!("not {SHA256}")), "{error}");
    assert_eq!(download.files(), []);
    let longer = Upstream::start([Script::new(200, vec![Step::Bytes([FILE, b"!"].concat())])]);
    let download = Download::from(&longer);
    let error = download.run().await.unwrap_err();
    assert!(matches!(error, DownloadError::TooLong { .. }), "{error:?}");
    assert!(!download.path().exists());
}

#[tokio::test(start_paused = true)]
async fn a_missing_file_is_reported_at_once() {
    let upstream = Upstream::status(404);
    let error = Download::from(&upstream).run().await.unwrap_err();
    assert!(error.to_string().contains("404"), "{error}");
    assert_eq!(upstream.hits(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_followed_to_the_same_host_only() {
    let upstream = Upstream::deciding(|request| match request.path.as_str() {
        "/model.gguf" => Script::status(302).header("location", "/storage"),
        _ => part(request),
    });
    let download = Download::from(&upstream);
    download.run().await.unwrap();
    download.assert_done();
    let elsewhere = Upstream::deciding(part);
    let url = elsewhere.url().replace("127.0.0.1", "localhost");
    let upstream = Upstream::start([Script::status(302).header("location", &url)]);
    let error = Download::from(&upstream).run().await.unwrap_err();
    assert!(error.to_string().contains("a redirect to another host"), "{error}");
    assert_eq!(elsewhere.hits(), 0);
}

/// The file, or another one of the same size that has replaced it.
fn versioned(request: &Received, is_new: bool) -> Script {
    let version = if is_new { "\"2\"" } else { "\"1\"" };
    let is_same = request.header("if-range").is_none_or(|it| it == version);
    let whole = Received { headers: Vec::new(), ..request.clone() };
    let mut script = part(if is_same { request } else { &whole });
    if let (true, Step::Bytes(bytes)) = (is_new, &mut script.steps[0]) {
        bytes[4..].make_ascii_uppercase();
    }
    script.header("etag", version)
}

#[tokio::test(start_paused = true)]
async fn a_file_of_unknown_hash_is_surveyed_and_its_hash_is_reported() {
    let upstream = Upstream::deciding(|request| versioned(request, false));
    let mut download = Download::from(&upstream);
    let url = download.source.url.clone();
    download.source = survey(&Transport::default(), &url).await.unwrap();
    assert_eq!(download.source.bytes, FILE.len() as u64);
    assert_eq!(download.source.version.as_deref(), Some("\"1\""));
    let path = download.path();
    let found = download.hash().await.unwrap();
    assert_eq!((found.as_str(), fs::read(path).unwrap().as_slice()), (SHA256, FILE));
    download.assert_done();
}

#[tokio::test(start_paused = true)]
async fn parts_of_two_versions_of_a_file_are_not_joined() {
    let mut count = 0;
    let upstream = Upstream::deciding(move |request| {
        count += 1;
        match count {
            1 => versioned(request, false),
            2 => cut(request, 10).header("etag", "\"1\""),
            _ => versioned(request, true),
        }
    });
    let mut download = Download::from(&upstream);
    let url = download.source.url.clone();
    download.source = survey(&Transport::default(), &url).await.unwrap();
    download.hash().await.unwrap();
    let expected = [&FILE[..4], &FILE[4..].to_ascii_uppercase()].concat();
    assert_eq!(fs::read(download.path()).unwrap(), expected);
    let last = upstream.requests().pop().unwrap();
    assert_eq!((start(&last), last.header("if-range")), (Some(10), Some("\"1\"")));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_a_model_is_refused_before_it_is_downloaded() {
    let check = async |script: Script| {
        let upstream = Upstream::start([script]);
        let url = format!("{}/model.gguf", upstream.url());
        survey(&Transport::default(), &url).await.unwrap_err().to_string()
    };
    let page = b"<html>not found</html>".to_vec();
    let length = Framing::Length(page.len());
    let page = Script::new(200, vec![Step::Bytes(page)]).framed(length);
    assert_eq!(check(page).await, "it is not a GGUF file");
    let unknown = Script::new(200, vec![Step::Bytes(FILE.to_vec())]);
    assert_eq!(check(unknown).await, "the source does not state the size of the file");
    assert!(check(Script::status(404)).await.contains("404"));
}

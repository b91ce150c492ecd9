//! Downloads a large file: continues an interrupted download, and puts the file in its place only once it is whole
//! and has the hash that is known of it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use ring::digest::{self, Context, Digest, SHA256};
use tokio::time::sleep;

use crate::provider::failure::Failure;
use crate::provider::transport::Transport;
use crate::provider::transport::file::{FileRequest, Redirects};
use crate::storage;

/// Attempts in a row that bring no byte.
const ATTEMPTS: u32 = 4;
/// Pause after the first of them. Each further one is twice as long.
const PAUSE: Duration = Duration::from_secs(1);
/// The start of a GGUF file.
const MAGIC: &[u8] = b"GGUF";
/// Bytes that are hashed at once.
const CHUNK: usize = 1 << 20;

/// A file to download.
#[derive(Clone, Debug)]
pub struct DownloadSource {
    pub url: String,
    /// Redirects may lead to this domain and to hosts below it; `None`: to any host.
    pub storage: Option<String>,
    pub bytes: u64,
    /// In lower case, if known.
    pub sha256: Option<String>,
    /// Which of several files at this URL it is, as an entity tag or a date.
    pub version: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    #[error("{0}")]
    Unreachable(Failure),
    #[error("{0}; what has arrived is kept, and the next download continues there")]
    Network(Failure),
    #[error("the disk is full: {} MB more are needed in {}", missing.div_ceil(1_000_000), folder.display())]
    DiskFull { missing: u64, folder: PathBuf },
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
    #[error("the source has another file: it should have {expected} bytes, but has more")]
    TooLong { expected: u64 },
    #[error(
        "the file is not the expected one and was deleted: its SHA-256 is {found}, not {expected}"
    )]
    WrongHash { found: String, expected: String },
    #[error("the source does not state the size of the file")]
    NoSize,
    #[error("it is not a GGUF file")]
    NoModel,
}

/// A file of which a part may have arrived.
struct Partial {
    file: File,
    path: PathBuf,
    hash: Context,
    bytes: u64,
}

/// Finds the size and the version of a file, without downloading it.
///
/// # Errors
///
/// If the source cannot be reached, does not state the size, or has something else than a GGUF file.
pub async fn survey(transport: &Transport, url: &str) -> Result<DownloadSource, DownloadError> {
    let request = FileRequest { url, start: 0, version: None, redirects: Redirects::Anywhere };
    let mut body = transport.file(request).await.map_err(DownloadError::Unreachable)?;
    let bytes = body.bytes().ok_or(DownloadError::NoSize)?;
    let version = body.version().map(str::to_owned);
    let mut first = Vec::new();
    while first.len() < MAGIC.len() {
        let Some(chunk) = body.next().await.map_err(DownloadError::Unreachable)? else { break };
        first.extend_from_slice(&chunk);
    }
    match first.starts_with(MAGIC) {
        true => {
            let url = url.to_owned();
            Ok(DownloadSource { url, storage: None, bytes, sha256: None, version })
        }
        false => Err(DownloadError::NoModel),
    }
}

/// Downloads a file to `path`, and returns its SHA-256 in lower case. `on_progress` receives the number of bytes that
/// have arrived, as often as some do.
///
/// # Errors
///
/// If the source cannot be reached several times in a row, the disk is full, or the file has another hash.
pub async fn download(
    transport: &Transport,
    source: &DownloadSource,
    path: &Path,
    on_progress: &dyn Fn(u64),
) -> Result<String, DownloadError> {
    let mut partial = Partial::open(source.part(path), source.bytes)?;
    let mut failures = 0;
    while partial.bytes < source.bytes {
        on_progress(partial.bytes);
        let before = partial.bytes;
        let Err(failure) = receive(transport, source, &mut partial, on_progress).await? else {
            continue;
        };
        failures = if partial.bytes > before { 1 } else { failures + 1 };
        if failures == ATTEMPTS || !may_succeed(&failure) {
            return Err(DownloadError::Network(failure));
        }
        tracing::info!(%failure, "the download is continued");
        sleep(PAUSE * 2u32.pow(failures - 1)).await;
    }
    on_progress(partial.bytes);
    partial.finish(source, path)
}

/// Receives what one response contains. The inner result is that of the connection.
async fn receive(
    transport: &Transport,
    source: &DownloadSource,
    partial: &mut Partial,
    on_progress: &dyn Fn(u64),
) -> Result<Result<(), Failure>, DownloadError> {
    let request = FileRequest {
        url: &source.url,
        start: partial.bytes,
        version: source.version.as_deref(),
        redirects: source.storage.as_deref().map_or(Redirects::Anywhere, Redirects::Below),
    };
    let mut body = match transport.file(request).await {
        Ok(body) => body,
        Err(failure) => return Ok(Err(failure)),
    };
    if body.start < partial.bytes {
        partial.restart()?;
    }
    loop {
        match body.next().await {
            Ok(Some(chunk)) => partial.push(&chunk, source.bytes)?,
            Ok(None) if partial.bytes < source.bytes => return Ok(Err(Failure::Cut)),
            Ok(None) => return Ok(Ok(())),
            Err(failure) => return Ok(Err(failure)),
        }
        on_progress(partial.bytes);
    }
}

/// Whether another attempt may bring more.
fn may_succeed(failure: &Failure) -> bool {
    matches!(failure, Failure::Cut | Failure::Timeout(_) | Failure::Connect { .. })
}

impl DownloadSource {
    /// Where the file is until it is whole. If its hash is unknown, the name depends on the source, so that parts of
    /// different files are never joined.
    fn part(&self, path: &Path) -> PathBuf {
        let mut part = path.to_owned().into_os_string();
        if self.sha256.is_none() {
            let source = format!(
                "{}\n{}\n{}",
                self.url,
                self.bytes,
                self.version.as_deref().unwrap_or_default()
            );
            part.push(".");
            part.push(&hex(digest::digest(&SHA256, source.as_bytes()))[..8]);
        }
        part.push(".part");
        PathBuf::from(part)
    }
}

fn hex(digest: Digest) -> String {
    digest.as_ref().iter().map(|it| format!("{it:02x}")).collect()
}

impl Partial {
    /// Opens what an earlier download has left, and hashes it.
    fn open(path: PathBuf, most: u64) -> Result<Self, DownloadError> {
        let failed = |error| DownloadError::File { path: path.clone(), error };
        if let Some(folder) = path.parent() {
            storage::folder().recursive(true).create(folder).map_err(failed)?;
        }
        let file = options().open(&path).map_err(failed)?;
        let mut partial = Self { file, path: path.clone(), hash: Context::new(&SHA256), bytes: 0 };
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = partial.file.read(&mut chunk).map_err(failed)?;
            partial.hash.update(&chunk[..read]);
            partial.bytes += read as u64;
            if read == 0 {
                break;
            }
        }
        if partial.bytes > most {
            partial.restart()?;
        }
        Ok(partial)
    }

    fn restart(&mut self) -> Result<(), DownloadError> {
        let emptied = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
        emptied.map_err(|error| DownloadError::File { path: self.path.clone(), error })?;
        (self.hash, self.bytes) = (Context::new(&SHA256), 0);
        Ok(())
    }

    fn push(&mut self, chunk: &[u8], most: u64) -> Result<(), DownloadError> {
        if self.bytes + chunk.len() as u64 > most {
            self.restart()?;
            return Err(DownloadError::TooLong { expected: most });
        }
        self.file.write_all(chunk).map_err(|error| match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DownloadError::DiskFull {
                missing: most - self.bytes,
                folder: self.path.parent().unwrap_or(Path::new("")).to_owned(),
            },
            _ => DownloadError::File { path: self.path.clone(), error },
        })?;
        self.hash.update(chunk);
        self.bytes += chunk.len() as u64;
        Ok(())
    }

    /// Compares the hash, and puts the file in its place.
    fn finish(self, source: &DownloadSource, path: &Path) -> Result<String, DownloadError> {
        let found = hex(self.hash.finish());
        if let Some(expected) = source.sha256.clone().filter(|it| *it != found) {
            _ = fs::remove_file(&self.path);
            return Err(DownloadError::WrongHash { found, expected });
        }
        let moved = self.file.sync_all().and_then(|()| fs::rename(&self.path, path));
        moved.map_err(|error| DownloadError::File { path: path.to_owned(), error })?;
        Ok(found)
    }
}

fn options() -> OpenOptions {
    let mut options = storage::file();
    options.read(true).write(true).create(true).truncate(false);
    options
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_reported_with_what_is_missing() {
        use super::*;
        let file = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let path = PathBuf::from("/models/model.gguf.part");
        let mut partial = Partial { file, path, hash: Context::new(&SHA256), bytes: 1_000_000 };
        let error = partial.push(&[0; 9], 491_400_064).unwrap_err().to_string();
        assert_eq!(error, "the disk is full: 491 MB more are needed in /models");
    }
}

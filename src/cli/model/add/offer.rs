//! What `understudy model add` can download, and what the user is told about it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use url::Url;

use crate::cli::model::list;
use crate::cli::{asking, model};
use crate::inference::catalog::{self, CatalogModel};
use crate::inference::files;
use crate::provider::download::{self, DownloadSource};
use crate::provider::is_loopback;
use crate::provider::transport::Transport;

pub(super) struct DownloadOffer {
    pub(super) name: String,
    /// Parameters and licence, for display.
    about: String,
    pub(super) host: String,
    pub(super) source: DownloadSource,
    /// Where the file will be.
    pub(super) path: PathBuf,
}

impl DownloadOffer {
    /// A model of the catalogue, from its maker or a mirror.
    pub(super) fn of_row(
        row: &CatalogModel,
        mirror: Option<&str>,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let source = DownloadSource {
            url: row.url(mirror),
            storage: Some(catalog::STORAGE.to_owned()),
            bytes: row.bytes,
            sha256: Some(row.sha256.to_owned()),
            version: None,
        };
        let url =
            Url::parse(&source.url).with_context(|| format!("model.source: {}", source.url))?;
        Ok(Self {
            name: row.name.to_owned(),
            about: format!("{} parameters, licence {}", row.parameters, row.licence),
            host: url.host_str().unwrap_or_default().to_owned(),
            source,
            path: files::path_of(folder, row.name),
        })
    }

    /// The file at a URL. Its host is asked for the size.
    pub(super) fn of_url(text: &str, transport: &Transport, folder: &Path) -> anyhow::Result<Self> {
        let url = Url::parse(text).with_context(|| format!("`{text}` is not a URL"))?;
        let is_plain = url.scheme() == "http" && is_loopback(text);
        anyhow::ensure!(url.scheme() == "https" || is_plain, "`{text}`: https:// is required");
        let name = name(&url).map_err(anyhow::Error::msg).with_context(|| text.to_owned())?;
        let path = files::path_of(folder, &name);
        anyhow::ensure!(
            !path.exists(),
            "a model named {name} is installed: `understudy model use {name}` uses it, \
             `understudy model remove {name}` deletes it"
        );
        let host = url.host_str().unwrap_or_default().to_owned();
        let source = asking::runtime()?.block_on(download::survey(transport, text));
        let source = source.with_context(|| format!("cannot download {name} from {host}"))?;
        let about = "licence unknown: see its page".to_owned();
        Ok(Self { name, about, host, source, path })
    }

    pub(super) fn is_installed(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|it| it.len() == self.source.bytes)
    }

    /// Says what will be downloaded, and what it needs.
    pub(super) fn introduce(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let bytes = self.source.bytes;
        let (size, memory) = (model::size(bytes), model::size(catalog::memory(bytes)));
        writeln!(
            out,
            "{}: {}\n  {size} from {}\n  to {}\n  takes {memory} of memory while it is used",
            self.name,
            self.about,
            self.host,
            self.path.display()
        )?;
        if list::total_memory().is_some_and(|total| !catalog::fits(bytes, total)) {
            writeln!(
                out,
                "This is more than half of this machine's memory: a smaller model is faster."
            )?;
        }
        Ok(())
    }
}

/// The name of the model at a URL: that of its file.
fn name(url: &Url) -> Result<String, String> {
    let file = url.path().rsplit('/').next().unwrap_or_default();
    let name = file.strip_suffix(files::ENDING).and_then(|it| it.strip_suffix('.'));
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"._-".contains(&it);
    let name = name.filter(|it| it.bytes().all(is_plain) && !it.starts_with(['.', '-']));
    let Some(name) = name.filter(|it| !it.is_empty()) else {
        return Err(format!(
            "its last part must be a file name of letters, digits, `.`, `_` and `-` that ends in `.{}`",
            files::ENDING
        ));
    };
    if catalog::find(name).is_some() {
        return Err(format!("this name has a known model: `understudy model add {name}`"));
    }
    if name.rsplit_once("-of-").is_some_and(|it| is_number(it.1) && it.1 != "00001") {
        return Err("it is one of several files of a model: only a model in one file can be used"
            .to_owned());
    }
    Ok(name.to_owned())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_has_the_name_of_its_file() {
        let check = |url: &str| name(&Url::parse(url).unwrap());
        let url = "https://huggingface.co/a/b/resolve/main/Model-1.5b_q4.gguf?download=true#x";
        assert_eq!(check(url).as_deref(), Ok("Model-1.5b_q4"));
        let wrong =
            ["", "a", "model.bin", ".gguf", "-a.gguf", "%2e%2e.gguf", "a%2fb.gguf", "a b.gguf"];
        for it in wrong {
            let reason = check(&format!("https://example.org/{it}")).unwrap_err();
            assert!(reason.contains("must be a file name"), "{it}: {reason}");
        }
        let known = check("https://example.org/qwen2.5-coder-7b.gguf").unwrap_err();
        assert!(known.contains("understudy model add qwen2.5-coder-7b"), "{known}");
        let part = check("https://example.org/m-00001-of-00003.gguf").unwrap_err();
        assert!(part.contains("one of several files"), "{part}");
        assert!(check("https://example.org/m-00001-of-00001.gguf").is_ok());
    }
}

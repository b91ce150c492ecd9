//! An editor in the project of `support::ghost`, with scripted completion providers.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use understudy::app::Environment;
use understudy::config::source::UserFile;

use crate::support::editor::{Editor, Hello, inline, texts, uri};
use crate::support::ghost;
use crate::support::stage::plant;
use crate::support::upstream::Upstream;
use crate::support::upstream::script::Script;

/// An editor in the project of `support::ghost`, with these providers listed in order.
pub(crate) struct Stage {
    pub(crate) editor: Editor,
    pub(crate) upstreams: Vec<Upstream>,
    pub(crate) folder: TempDir,
    pub(crate) state: TempDir,
    pub(crate) uri: String,
}

/// One event of a completion stream.
pub(crate) fn text_event(text: &str) -> String {
    let event =
        serde_json::json!({ "choices": [{ "index": 0, "text": text, "finish_reason": null }] });
    format!("data: {event}\n\n")
}

pub(crate) fn answer(text: &str) -> Script {
    let end =
        "data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    Script::stream(text_event(text) + end)
}

/// The answer of another model, which the built-in model would not give.
pub(crate) const OTHER: &str = "sion.from_elsewhere();";

impl Stage {
    pub(crate) fn new(scripts: Vec<Script>) -> Self {
        Self::with("", scripts)
    }

    pub(crate) fn with(settings: &str, scripts: Vec<Script>) -> Self {
        Self::narrowed(settings, "", scripts)
    }

    /// In a workspace with its own settings file.
    pub(crate) fn narrowed(settings: &str, workspace: &str, scripts: Vec<Script>) -> Self {
        Self::set(settings, workspace, &[], scripts)
    }

    /// With other open folders.
    pub(crate) fn beside(others: &[&Path], scripts: Vec<Script>) -> Self {
        Self::set("", "", others, scripts)
    }

    /// With one provider that sends these answers in turn.
    pub(crate) fn in_turn(settings: &str, scripts: Vec<Script>) -> Self {
        Self::set_up(|urls| config(settings, urls), "", &[], vec![scripts])
    }

    pub(crate) fn set(
        settings: &str,
        workspace: &str,
        others: &[&Path],
        scripts: Vec<Script>,
    ) -> Self {
        let scripts = scripts.into_iter().map(|it| vec![it]).collect();
        Self::set_up(|urls| config(settings, urls), workspace, others, scripts)
    }

    pub(crate) fn set_up(
        config: impl Fn(&[String]) -> String,
        workspace: &str,
        others: &[&Path],
        scripts: Vec<Vec<Script>>,
    ) -> Self {
        let folder = ghost::project();
        plant(folder.path());
        let others = others.iter().map(|it| it.to_path_buf());
        let path = folder.path().join("config.toml");
        // The scripted providers run in the editor's runtime; the settings are read during `greet`.
        let state = tempfile::tempdir().unwrap();
        let mut editor = Editor::started(Environment {
            config: UserFile::Named(path.clone()),
            state: Some(state.path().to_owned()),
            deadline: Some(Duration::from_secs(20)),
            ..Environment::default()
        });
        let upstreams: Vec<Upstream> =
            editor.within(|| scripts.into_iter().map(Upstream::start).collect());
        let urls: Vec<String> = upstreams.iter().map(Upstream::url).collect();
        fs::write(&path, config(&urls)).unwrap();
        fs::write(folder.path().join(".understudy.toml"), workspace).unwrap();
        editor.greet(Hello {
            roots: std::iter::once(folder.path().to_owned()).chain(others).collect(),
            config: Some(path),
            ..Hello::default()
        });
        editor.indexed();
        let uri = uri(&folder.path().join("new.rs"));
        editor.open(&uri, "rust", &ghost::new_file(ghost::BEGUN));
        Self { editor, upstreams, folder, state, uri }
    }

    pub(crate) fn ghost(&mut self) -> Vec<String> {
        let params = inline(&self.uri, ghost::end(ghost::BEGUN), 2);
        texts(&self.editor.request("textDocument/inlineCompletion", params))
    }

    pub(crate) fn hits(&self) -> Vec<usize> {
        self.upstreams.iter().map(Upstream::hits).collect()
    }

    /// The first prompt that contains a text. Definitions are indexed after the text itself, so the request
    /// is repeated until then.
    pub(crate) fn asked_with(&mut self, text: &str) -> String {
        let invoked = inline(&self.uri, ghost::end(ghost::BEGUN), 1);
        let start = std::time::Instant::now();
        loop {
            self.editor.request("textDocument/inlineCompletion", invoked.clone());
            let prompt = self.asked();
            if prompt.contains(text) {
                return prompt;
            }
            assert!(start.elapsed().as_secs() < 20, "timed out: {prompt}");
        }
    }

    /// The last prompt of the first provider.
    pub(crate) fn asked(&self) -> String {
        let requests = self.upstreams[0].requests();
        let body: Value = serde_json::from_slice(&requests[requests.len() - 1].body).unwrap();
        body["prompt"].as_str().unwrap().to_owned()
    }
}

/// Local servers are free, so no debounce delays requests. The built-in model never answers first.
pub(crate) fn config(settings: &str, urls: &[String]) -> String {
    let rows = urls.iter().enumerate().map(|(at, url)| {
        format!("[[provider]]\nname = \"p{at}\"\nkind = \"vllm\"\nurl = \"{url}\"\nmodels = [\"qwen2.5-coder\"]\n")
    });
    let rows: String = rows.collect();
    format!(
        "{settings}\nembedded.preempt = 1\nroute.prefer = \"listed\"\n\
         limit.complete.total_ms = 60000\n{rows}"
    )
}

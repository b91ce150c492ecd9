//! `understudy setup` as a user runs it: a temporary home with scripted keys, servers and editors.

use std::fs;
use std::process::Command;

use serde_json::Value;
use tokio::runtime;

use crate::support::cli::{CONFIG, Home, Outcome};
use crate::support::upstream::Upstream;
use crate::support::upstream::script::Script;

/// `understudy setup` with only these environment variables.
fn set_up(home: &Home, variables: &[(&str, &str)], args: &[&str]) -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_understudy"))
        .arg("setup")
        .args(args)
        .env_clear()
        .envs(variables.iter().copied())
        .env("HOME", home.0.path().join("user"))
        .env("XDG_CONFIG_HOME", home.0.path().join("config"))
        .env("XDG_STATE_HOME", home.0.path().join("state"))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| home.without_home(&String::from_utf8_lossy(bytes));
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    Outcome { code: output.status.code(), out, err }
}

fn config(home: &Home) -> String {
    fs::read_to_string(home.0.path().join(CONFIG)).unwrap()
}

fn checks(home: &Home) {
    let checked = home.run("project", &["config", "check"]);
    assert_eq!(checked.code, Some(0), "{}", checked.out);
}

/// Every hosted provider with prices, and the variable of its key.
const HOSTED: [(&str, &str); 16] = [
    ("anthropic", "ANTHROPIC_API_KEY"),
    ("cerebras", "CEREBRAS_API_KEY"),
    ("codestral", "CODESTRAL_API_KEY"),
    ("deepinfra", "DEEPINFRA_API_KEY"),
    ("deepseek", "DEEPSEEK_API_KEY"),
    ("fireworks", "FIREWORKS_API_KEY"),
    ("gemini", "GEMINI_API_KEY"),
    ("groq", "GROQ_API_KEY"),
    ("inception", "INCEPTION_API_KEY"),
    ("mistral", "MISTRAL_API_KEY"),
    ("openai", "OPENAI_API_KEY"),
    ("openrouter", "OPENROUTER_API_KEY"),
    ("qwen", "DASHSCOPE_API_KEY"),
    ("sambanova", "SAMBANOVA_API_KEY"),
    ("together", "TOGETHER_API_KEY"),
    ("xai", "XAI_API_KEY"),
];

#[test]
fn setup_lists_what_it_finds_and_writes_only_on_request() {
    let home = Home::new();
    let keys = [("ANTHROPIC_API_KEY", "planted-key"), ("DEEPSEEK_API_KEY", "planted-key")];
    let shown = set_up(&home, &keys, &[]);
    assert_eq!(shown.code, Some(0), "{}", shown.err);
    for part in [
        "API keys found: ANTHROPIC_API_KEY, DEEPSEEK_API_KEY.",
        "anthropic/claude-haiku-5-5   typing       $0.0002     $0.03",
        "no training, kept",
        "deepseek/deepseek-v4-flash",
        "may train: not used",
        "Will be added to ~/config/understudy/config.toml",
        "key = { env = \"ANTHROPIC_API_KEY\" }",
        "# training = \"allow\"",
        "usd_per_day",
        "Nothing was written. `--yes` writes it.",
        "No editor was found.",
    ] {
        assert!(shown.out.contains(part), "{part}\n{}", shown.out);
    }
    assert!(!home.0.path().join(CONFIG).exists());

    home.write(CONFIG, "# mine\nlog.level = \"debug\"\n");
    let written = set_up(&home, &keys, &["--yes"]);
    assert!(written.out.contains("Written.\n`understudy doctor` checks each model"));
    let config = config(&home);
    let start = "# mine\nlog.level = \"debug\"\n\n# Written by `understudy setup` on ";
    assert!(config.starts_with(start), "{config}");
    assert!(!format!("{}{}{config}", shown.out, written.out).contains("planted"));
    checks(&home);

    let again = set_up(&home, &keys, &["--yes"]);
    assert!(again.out.contains("already contains all of it"), "{}", again.out);
    assert_eq!(self::config(&home), config);
}

#[test]
fn every_hosted_provider_gets_two_priced_models_and_every_line_a_comment() {
    let home = Home::new();
    let keys = HOSTED.map(|it| (it.1, "planted-key"));
    let written = set_up(&home, &keys, &["--yes"]);
    assert_eq!(written.code, Some(0), "{}", written.err);
    assert!(written.out.is_ascii());
    let is_one_word = |it: &str| it.contains("https://") || it.contains("--allow-training");
    let long = |it: &&str| it.chars().count() > 100 && !is_one_word(it);
    assert_eq!(written.out.lines().find(long), None);
    let config = config(&home);
    for (kind, key) in HOSTED {
        assert!(config.contains(&format!("kind = \"{kind}\"")), "{kind}\n{config}");
        assert!(config.contains(&format!("key = {{ env = \"{key}\" }}")), "{key}\n{config}");
        let rows = written.out.lines().filter(|it| it.starts_with(&format!("{kind}/")));
        let rows: Vec<&str> = rows.collect();
        assert!(!rows.is_empty() && rows.iter().all(|it| it.contains(" $0.")), "{rows:?}");
        let use_ = rows[0].split_whitespace().nth(1);
        assert!(matches!(use_, Some("typing" | "both")), "{rows:?}");
    }
    let mut above = "";
    for line in config.lines() {
        let is_code = !line.is_empty() && !line.trim_start().starts_with('#');
        let is_plain = ["models = [", "]"].contains(&line);
        let is_explained = line.contains("  # ") || above.trim_start().starts_with('#');
        assert!(!is_code || is_plain || is_explained, "{line}\n{config}");
        above = line;
    }
    checks(&home);
}

#[test]
fn excluded_providers_are_listed_with_the_flag_that_includes_them() {
    let home = Home::new();
    let keys = ["DEEPSEEK_API_KEY", "MISTRAL_API_KEY", "GROQ_API_KEY"].map(|it| (it, "planted"));
    let written = set_up(&home, &keys, &["--yes"]);
    let end = "    understudy setup --allow-training mistral,deepseek\n";
    assert!(written.out.ends_with(end), "{}", written.out);
    for part in ["read on 2026-", "https://help.mistral.ai/", "https://cdn.deepseek.com/"] {
        assert!(written.out.contains(part), "{part}\n{}", written.out);
    }
    let before = config(&home);
    assert_eq!(before.matches("\n# training = \"allow\"").count(), 2, "{before}");

    let unknown = set_up(&home, &keys, &["--yes", "--allow-training", "deepseek,depseek"]);
    assert_eq!((unknown.code, unknown.out.as_str()), (Some(1), ""));
    let known = "unknown provider `depseek`; known are anthropic, ";
    assert!(unknown.err.contains(known) && unknown.err.contains("xai"), "{}", unknown.err);

    // An existing provider together with a new one.
    let more = [&keys[..], &[("XAI_API_KEY", "planted")]].concat();
    let allowed = set_up(&home, &more, &["--yes", "--allow-training", "deepseek"]);
    let set = "`training = \"allow\"` will be set in ~/config/understudy/config.toml for deepseek.";
    assert!(allowed.out.contains(set), "{}", allowed.out);
    assert!(config(&home).contains("kind = \"xai\""), "{}", config(&home));
    assert!(allowed.out.contains("may train: allowed"), "{}", allowed.out);
    assert!(allowed.out.ends_with("    understudy setup --allow-training mistral\n"));
    assert_eq!(config(&home).matches("\ntraining = \"allow\"").count(), 1, "{}", config(&home));
    let all = set_up(&home, &keys, &["--yes", "--allow-training", "deepseek,mistral"]);
    assert!(!all.out.contains("--allow-training"), "{}", all.out);
    assert_eq!(config(&home).matches("\ntraining = \"allow\"").count(), 2);
    checks(&home);
}

#[test]
fn allow_training_writes_the_provider_as_allowed() {
    let home = Home::new();
    let keys = [("MISTRAL_API_KEY", "planted")];
    let written = set_up(&home, &keys, &["--yes", "--allow-training", "mistral"]);
    assert!(!written.out.contains("Not used"), "{}", written.out);
    let config = config(&home);
    assert!(config.contains("\ntraining = \"allow\" "), "{config}");
    checks(&home);
    // A user-defined provider is allowed by its name.
    home.write(
        CONFIG,
        "[[provider]]\nname = 'mine'\nkind = 'mistral'\nmodels = ['codestral-latest']\n",
    );
    set_up(&home, &keys, &["--yes", "--allow-training", "mine"]);
    assert!(self::config(&home).ends_with("['codestral-latest']\ntraining = \"allow\"\n"));
}

#[test]
fn running_local_servers_are_found() {
    let home = Home::new();
    let runtime = runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let _entered = runtime.enter();
    let ollama = Upstream::start([Script::json(
        200,
        r#"{"models":[{"name":"nomic-embed-text:latest"},{"name":"llama3.2:1b"},{"name":"qwen2.5-coder:1.5b"}]}"#,
    )]);
    let llama = Upstream::start([
        Script::status(404),
        Script::json(200, r#"{"object":"list","data":[{"id":"x.gguf","owned_by":"llamacpp"}]}"#),
    ]);
    let urls = [&ollama, &llama].map(Upstream::url);
    let slash = format!("{}/", urls[0]);
    let named = ["--url", &urls[0], "--url", &urls[1], "--url", &slash];
    let written = set_up(&home, &[], &[&["--yes", "--json"][..], &named].concat());
    assert_eq!(written.code, Some(0), "{}", written.err);
    let said: Value = serde_json::from_str(&written.out).unwrap();
    assert_eq!(said["written"], true);
    let config = config(&home);
    for part in [
        "kind = \"ollama\"".to_owned(),
        format!("url = \"{}\"", urls[0]),
        "    \"qwen2.5-coder:1.5b\", ".to_owned(),
        "    \"llama3.2:1b\", ".to_owned(),
        "kind = \"llama-cpp\"".to_owned(),
        format!("url = \"{}\"", urls[1]),
    ] {
        assert!(config.contains(&part), "{part}\n{config}");
    }
    assert!(!config.contains("nomic"), "{config}");
    assert_eq!(config.matches("[[provider]]").count(), 2, "{config}");
    checks(&home);
    let dead = set_up(&home, &[], &["--url", "http://127.0.0.1:1"]);
    let silent = "No model server answers at http://127.0.0.1:1.\n";
    assert!(dead.out.starts_with(silent), "{}", dead.out);
    let far = set_up(&home, &[], &["--url", "http://192.168.0.9:8080"]);
    assert!(far.err.contains("is not an address of this machine"), "{}", far.err);
}

#[test]
fn local_adds_a_server_that_starts_on_demand() {
    let home = Home::new();
    let missing = set_up(&home, &[], &["--local"]);
    assert_eq!(missing.code, Some(1));
    assert!(missing.err.contains("llama-server is not on your PATH"), "{}", missing.err);
    home.write("bin/llama-server", "");
    let bin = home.0.path().join("bin");
    let shown = set_up(&home, &[("PATH", &bin.to_string_lossy())], &["--local", "3b", "--yes"]);
    let licence = "3b (licensed for research only; 1.5b and 7b are not), about 3.3 GB";
    assert!(shown.out.replace('\n', " ").contains(licence), "{}", shown.out);
    let start = "start = [\"llama-server\", \"--fim-qwen-3b-default\", \"--port\", \"8012\"]";
    assert!(config(&home).contains(start), "{}", config(&home));
    checks(&home);
}

#[test]
fn without_findings_setup_explains_how_to_get_a_model() {
    let home = Home::new();
    let shown = set_up(&home, &[], &["--yes"]);
    assert_eq!(shown.code, Some(0), "{}", shown.err);
    for part in ["the built-in model suggests code", "  1. ", "  2. ", "  3. ", "setup --local"] {
        assert!(shown.out.contains(part), "{part}\n{}", shown.out);
    }
    assert!(!home.0.path().join(CONFIG).exists());
    // A key is not enough for kinds without a model to suggest.
    let keys = [("HF_TOKEN", "planted"), ("AZURE_OPENAI_API_KEY", "planted")];
    let shown = set_up(&home, &keys, &["--yes"]);
    for part in [
        "HF_TOKEN is set. huggingface needs a [[provider]] row of yours that names `models`.",
        "azure-openai needs a [[provider]] row of yours that names `url` and `models`.",
        "the built-in model suggests code",
    ] {
        assert!(shown.out.replace('\n', " ").contains(part), "{part}\n{}", shown.out);
    }
    assert!(!shown.out.contains("already contains all of it"), "{}", shown.out);
}

#[test]
fn editors_are_found_and_each_gets_its_snippet() {
    let home = Home::new();
    for program in ["nvim", "codium", "hx"] {
        home.write(&format!("bin/{program}"), "");
    }
    home.write("user/.emacs.d/init.el", "");
    let bin = home.0.path().join("bin");
    let path = [("PATH", &*bin.to_string_lossy()), ("XAI_API_KEY", "planted")];
    let shown = set_up(&home, &path, &[]);
    let source = env!("CARGO_MANIFEST_DIR");
    for part in [
        "Editors found: Neovim, VSCodium, Emacs, Helix.",
        "Editors start `understudy`, which is not on your PATH: add ",
        &format!(
            "    vim.opt.rtp:append('{source}/editors/nvim')\n    require('understudy').setup()"
        ),
        "    codium --install-extension target/packaging/understudy.vsix",
        "    (require 'understudy)",
        "    understudy helix-config --write",
    ] {
        assert!(shown.out.contains(part), "{part}\n{}", shown.out);
    }
    let said = set_up(&home, &path, &["--json"]);
    let said: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(said["editors"][0]["name"], "Neovim");
    assert_eq!(said["editors"][0]["found"], "~/bin/nvim");
    assert_eq!((&said["written"], &said["excluded"]), (&false.into(), &serde_json::json!([])));
}

#[test]
fn an_invalid_config_file_is_not_changed() {
    let home = Home::new();
    home.write(CONFIG, "[embeded]\n");
    let refused = set_up(&home, &[("XAI_API_KEY", "k")], &["--yes"]);
    assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""));
    assert!(refused.err.contains("has errors"), "{}", refused.err);
}

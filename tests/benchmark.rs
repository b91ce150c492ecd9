//! `understudy benchmark` in a repository of the test, with one model that has its lines and one that does
//! not.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime;
use tokio::runtime::Runtime;

use crate::support::models::answer;
use crate::support::stage::plant;
use crate::support::upstream::{Received, Upstream};

/// A repository and two models: one returns the hidden lines, one does not.
struct World {
    home: TempDir,
    // Declared before `runtime`, so that they are dropped first.
    upstreams: [Upstream; 2],
    _runtime: Runtime,
}

fn line(number: usize) -> String {
    format!("    let value_{number} = compute({number}, \"{}\");", "x".repeat(number))
}

fn file(lines: usize) -> String {
    let lines: Vec<String> = (0..lines).map(line).collect();
    format!("fn f(){{\n{}\n}}\n", lines.join("\n"))
}

fn git(folder: &Path, words: &[&str]) {
    let identity = ["-c", "user.name=T", "-c", "user.email=t@example.invalid"];
    let mut command = Command::new("git");
    let done = command.current_dir(folder).args(identity).args(words).output().unwrap();
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Three commits: lines of code that grow, and excluded files.
fn repository(folder: &Path) {
    git(folder, &["init", "-q"]);
    plant(folder);
    for lines in [5, 10, 15] {
        fs::write(folder.join("main.rs"), file(lines)).unwrap();
        git(folder, &["add", "-f", "."]);
        git(folder, &["commit", "-q", "-m", "more lines"]);
    }
    // The working tree now differs from the last commit.
    fs::write(folder.join("main.rs"), "fn main() {}\n").unwrap();
}

/// The rest of the line at the end of a prompt, as a model with perfect recall returns it.
fn known(request: &Received) -> String {
    // A request that only opens a connection has no body.
    let Ok(body) = serde_json::from_slice::<Value>(&request.body) else { return String::new() };
    let prompt = body["prompt"].as_str().unwrap();
    let before = prompt.rsplit_once("<|fim_suffix|>").map_or(prompt, |it| it.0);
    let before = before.rsplit_once("<|fim_prefix|>").map_or(before, |it| it.1);
    let (above, begun) = before.rsplit_once('\n').unwrap_or(("", before));
    let truth = line(above.matches("compute(").count());
    truth.strip_prefix(begun).unwrap_or("no prompt of a hidden line").to_owned()
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let project = home.path().join("project");
        fs::create_dir_all(&project).unwrap();
        repository(&project);
        let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.unwrap();
        let upstreams = {
            let _entered = runtime.enter();
            [Upstream::deciding(|it| answer(&known(it))), Upstream::start([answer("nonsense();")])]
        };
        let world = Self { home, upstreams, _runtime: runtime };
        let row = |name: &str, url: String, price: &str| {
            format!(
                "[[provider]]\nname = \"{name}\"\nkind = \"vllm\"\nurl = \"{url}\"\n\
                 models = [{{ id = \"qwen2.5-coder\"{price} }}]\n"
            )
        };
        let [knows, guesses] = world.upstreams.each_ref().map(Upstream::url);
        let rows = row("knows", knows, ", price = { input = 0.1, output = 0.2 }")
            + &row("guesses", guesses, "");
        world.write(&format!("# mine\nlimit.complete.total_ms = 60000\n{rows}"));
        world
    }

    fn config(&self) -> std::path::PathBuf {
        self.home.path().join("config/understudy/config.toml")
    }

    fn write(&self, config: &str) {
        fs::create_dir_all(self.config().parent().unwrap()).unwrap();
        fs::write(self.config(), config).unwrap();
    }

    fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_understudy"))
            .arg("benchmark")
            .args(args)
            .current_dir(self.home.path().join("project"))
            .env("XDG_CONFIG_HOME", self.home.path().join("config"))
            .env("XDG_STATE_HOME", self.home.path().join("state"))
            .output()
            .unwrap();
        let text = |it: Vec<u8>| String::from_utf8(it).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    /// Requests per model.
    fn hits(&self) -> [usize; 2] {
        self.upstreams
            .each_ref()
            .map(|it| it.requests().iter().filter(|it| it.method == "POST").count())
    }
}

#[test]
fn no_request_is_sent_before_the_user_accepts_the_cost() {
    let world = World::new();
    let (code, out, err) = world.run(&["--places", "6"]);
    assert_eq!((code, world.hits()), (Some(1), [0, 0]), "{out}{err}");
    assert!(out.starts_with("6 places in 1 file of 3 commits."), "{out}");
    assert!(out.contains("\nknows/qwen2.5-coder    $0.0"), "{out}");
    assert!(out.contains("\nguesses/qwen2.5-coder      $0.00\n"), "{out}");
    assert!(out.contains("In total at most $0.00"), "{out}");
    assert!(out.ends_with("No requests sent. Use `--yes` to run.\n"), "{out}");
    let (code, out, _) = world.run(&["--places", "6", "--json"]);
    let said: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &said["asked"]), (Some(1), &Value::Bool(false)));
    assert!(said["usd_at_most"].as_f64().unwrap() > 0.0, "{out}");
    assert_eq!(world.hits(), [0, 0]);
}

#[test]
fn models_are_ranked_by_accuracy_and_a_model_without_hits_is_in_no_route() {
    let world = World::new();
    let before = fs::read_to_string(world.config()).unwrap();
    let (code, out, err) = world.run(&["--places", "9", "--yes", "--json"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let said: Value = serde_json::from_str(&out).unwrap();
    let figures = |at: usize, what: &str| said["figures"][at][what].clone();
    assert_eq!(figures(0, "model"), "knows/qwen2.5-coder");
    for (what, expected) in [("asked", 9), ("answered", 9), ("kept", 9), ("exact", 9)] {
        assert_eq!(figures(0, what), expected, "{what}: {out}");
    }
    assert!(figures(0, "usd_per_1000").as_f64().unwrap() > 0.0, "{out}");
    assert!(figures(0, "first_token_ms_p95").as_u64().is_some(), "{out}");
    assert_eq!((figures(1, "answered"), figures(1, "kept")), (9.into(), 0.into()), "{out}");
    assert_eq!(figures(1, "usd_per_1000"), 0.0);
    assert_eq!(said["route"], "[route]\ncomplete = [\"knows/qwen2.5-coder\"]\n");
    assert_eq!(said["written"], Value::Null);
    let paths = said["places"].as_array().unwrap().iter().map(|it| it["path"].clone());
    assert!(paths.clone().all(|it| it == "main.rs"), "{:?}", paths.collect::<Vec<_>>());
    assert_eq!(world.hits(), [9, 9]);
    assert_eq!(fs::read_to_string(world.config()).unwrap(), before);
}

#[test]
fn write_adds_the_routes_to_the_config_file() {
    let world = World::new();
    let before = fs::read_to_string(world.config()).unwrap();
    let (code, out, err) = world.run(&["--places", "3", "--yes", "--write"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("knows/qwen2.5-coder         3/3  100 %  100 %"), "{out}");
    assert!(out.contains("Written to "), "{out}");
    let after = fs::read_to_string(world.config()).unwrap();
    assert_eq!(after, format!("{before}\n[route]\ncomplete = [\"knows/qwen2.5-coder\"]\n"));
}

#[test]
fn a_missing_repository_or_model_is_reported() {
    let world = World::new();
    world.write("");
    let (code, _, err) = world.run(&["--yes"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("no completion model is set up"), "{err}");
    fs::remove_dir_all(world.home.path().join("project/.git")).unwrap();
    let (code, _, err) = world.run(&["--yes"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("no git repository at"), "{err}");
}

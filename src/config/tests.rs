//! The effect of settings as a user writes them.

use std::fs;

use expect_test::{Expect, expect, expect_file};
use proptest::prelude::*;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::config::show::shown;
use crate::config::source::{UserFile, WORKSPACE_FILE};

/// Compares the output of `config show` for a user's file, a workspace's file and an editor's settings: only
/// settings that are not at their default, then the problems.
fn check(user: &str, workspace: &str, editor: serde_json::Value, expect: Expect) {
    let folder = TempDir::new().unwrap();
    let (file, root) = (folder.path().join("config.toml"), folder.path().join("root"));
    fs::create_dir(&root).unwrap();
    fs::write(&file, user).unwrap();
    if !workspace.is_empty() {
        fs::write(root.join(WORKSPACE_FILE), workspace).unwrap();
    }
    let sources = ConfigSources { file: UserFile::Usual(file), roots: vec![root.clone()], editor };

    let shown = shown(&sources);
    let lines = shown.to_toml();
    let set = lines.lines().filter(|it| it.contains('#') && !it.ends_with("# default"));
    let problems: Vec<String> = shown.problems.iter().map(Problem::to_string).collect();
    let mut text: String = set
        .chain(problems.iter().map(String::as_str))
        .fold(String::new(), |text, line| text + line + "\n");
    text = text.replace(&*root.to_string_lossy(), "/root");
    text = text.replace(&*folder.path().to_string_lossy(), "/home");
    expect.assert_eq(&text);

    let (config, problems) = load(&sources);
    assert_eq!(&parse(lines.as_bytes()).0, config.at(&root));
    assert_eq!(problems, shown.problems);
}

fn check_user(user: &str, expect: Expect) {
    check(user, "", serde_json::Value::Null, expect);
}

fn check_workspace(workspace: &str, expect: Expect) {
    check("", workspace, serde_json::Value::Null, expect);
}

#[test]
fn no_file_means_defaults() {
    let sources = ConfigSources::default();
    assert_eq!(load(&sources), (Config::default(), Vec::new()));
    expect![[r#"
        embedded = "normal"                 # default
        hover = true                        # default
        next_edit = true                    # default
        only = ["*"]                        # default

        [actions]
        check = {}                          # default
        review = "auto"                     # default

        [complete]
        eagerness = "medium"                # default
        languages = {}                      # default
        lines = "auto"                      # default
        trigger = "automatic"               # default

        [http]
        ask_above_usd = 1.0                 # default
        enabled = false                     # default
        origins = []                        # default
        port = 7717                         # default
        require_token = true                # default

        [index]
        enabled = true                      # default
        forbid = []                         # default

        [limit]
        complete = { total_ms = 2500, usd = 0.002 } # default
        edit = { ask_above_usd = 0.05 }     # default
        next_edit = { usd = 0.005 }         # default

        [log]
        level = "info"                      # default

        [route]
        complete = []                       # default
        edit = []                           # default
        explain = []                        # default
        next_edit = []                      # default
        prefer = "cheapest"                 # default
        training = "never"                  # default
    "#]]
    .assert_eq(&shown(&sources).to_toml());
}

#[test]
fn every_setting_can_be_set() {
    check_user(
        r#"
            [embedded]
            enabled = false
            threshold = 0.9
            invoked_threshold = 1
            tokens = 1_000_000
            [complete]
            trigger = "manual"
            languages = { markdown = false, "objective-c++" = true }
            debounce = 150
            lines = "multi"
            [index]
            enabled = false
            forbid = ["secret/**", "*.sql"]
            max_file_kb = 100
            max_files = 50
            [cache]
            megabytes = 0
            [log]
            level = "debug"
        "#,
        expect![[r#"
            megabytes = 0                       # /home/config.toml:18
            debounce = 150                      # /home/config.toml:10
            languages = { markdown = false, "objective-c++" = true } # /home/config.toml:9
            lines = "multi"                     # /home/config.toml:11
            trigger = "manual"                  # /home/config.toml:8
            enabled = false                     # /home/config.toml:3
            invoked_threshold = 1.0             # /home/config.toml:5
            threshold = 0.9                     # /home/config.toml:4
            tokens = 1000000                    # /home/config.toml:6
            enabled = false                     # /home/config.toml:13
            forbid = ["secret/**", "*.sql"]     # /home/config.toml:14
            max_file_kb = 100                   # /home/config.toml:15
            max_files = 50                      # /home/config.toml:16
            level = "debug"                     # /home/config.toml:20
        "#]],
    );
}

#[test]
fn an_unknown_key_is_reported_with_its_line_and_the_nearest_known_one() {
    check_user(
        "[embeded]\nenabled = false\n\n[complete]\nthreshold = 0.9\ntriger = 'manual'\n[zzz]\n",
        expect![[r#"
            /home/config.toml:2: unknown key "embeded.enabled", did you mean "embedded.enabled"?
            /home/config.toml:5: unknown key "complete.threshold", did you mean "embedded.threshold"?
            /home/config.toml:6: unknown key "complete.triger", did you mean "complete.trigger"?
            /home/config.toml:7: unknown key "zzz"
        "#]],
    );
}

#[test]
fn a_wrong_name_of_a_language_is_reported_with_the_right_one() {
    check_user(
        r#"
            actions.check = { py = ["pytest"], rust = ["cargo", "check"], pyhton = ["true"] }
            [complete.languages]
            rs = false
            typescriptreact = false
            zzz = false
        "#,
        expect![[r#"
            check = { py = ["pytest"], pyhton = ["true"], rust = ["cargo", "check"] } # /home/config.toml:2
            languages = { rs = false, typescriptreact = false, zzz = false } # /home/config.toml:4, /home/config.toml:5, /home/config.toml:6
            /home/config.toml:2: actions.check: no language is called "py", did you mean "python"?
            /home/config.toml:2: actions.check: no language is called "pyhton", did you mean "python"?
            /home/config.toml:4: complete.languages: no language is called "rs", did you mean "rust"?
        "#]],
    );
}

#[test]
fn a_problem_is_one_line_without_control_characters() {
    check_workspace(
        r#""\u001b[2J\nc" = 1
log.level = "\r\u0007"
"#,
        expect![[r#"
            /root/.understudy.toml:1: unknown key " [2J c"
            /root/.understudy.toml:2: log.level: a workspace's file may only turn off or forbid
        "#]],
    );
}

#[test]
fn a_wrong_value_is_reported_with_its_line_and_the_valid_values() {
    check_user(
        r#"
            embedded.enabled = "yes"
            embedded.threshold = 7
            embedded.tokens = -1
            complete.trigger = "often"
            complete.languages = { rust = "off" }
            index.forbid = [
                "fine",
                "{bad",
                "!lifted",
                3,
            ]
            index.max_files = 99999999999999999999
            index.enabled = { a = 1 }
            cache = 8
            log.level = nan
            complete.debounce = "soon"
            complete.lines = 3
        "#,
        expect![[r#"
            forbid = ["fine"]                   # /home/config.toml:8
            /home/config.toml:2: embedded.enabled must be true or false, not "yes"
            /home/config.toml:3: embedded.threshold must be a number from 0 to 1, not 7
            /home/config.toml:4: embedded.tokens must be a whole number from 0 to 4294967295, not -1
            /home/config.toml:5: complete.trigger must be one of "automatic", "manual", not "often"
            /home/config.toml:6: complete.languages.rust must be true or false, not "off"
            /home/config.toml:17: complete.debounce must be one of "adaptive", or a whole number from 0 to 65535, not "soon"
            /home/config.toml:18: complete.lines must be one of "auto", "single", "multi", not 3
            /home/config.toml:9: index.forbid must be a list, each item a pattern of paths, not "{bad"
            /home/config.toml:10: index.forbid must be a list, each item a pattern of paths, not "!lifted"
            /home/config.toml:11: index.forbid must be a list, each item a pattern of paths, not 3
            /home/config.toml:13: index.max_files must be a whole number from 0 to 4294967295, not 1e+20
            /home/config.toml:14: index.enabled must be true or false
            /home/config.toml:15: cache must be a table, not 8
            /home/config.toml:16: log.level must be one of "off", "error", "warn", "info", "debug", "trace", not "nan"
        "#]],
    );
}

#[test]
fn lines_around_a_broken_line_still_apply() {
    check_user(
        "[log]\nlevel = \"warn\"\n[cache]\nmegabytes = = 3\n[embedded]\ntokens = 5\n[index\nenabled = false",
        expect![[r#"
            tokens = 5                          # /home/config.toml:6
            level = "warn"                      # /home/config.toml:2
            /home/config.toml:4: extra `=`, expected nothing
            /home/config.toml:7: unclosed table, expected `]`
            /home/config.toml:8: unknown key "enabled", did you mean "index.enabled"?
        "#]],
    );
}

#[test]
fn a_workspace_may_only_turn_off_and_forbid() {
    check_workspace(
        r#"
            embedded.enabled = false
            complete.languages.python = false
            complete.languages.rust = true
            complete.trigger = "manual"
            index.forbid = ["vendor/**"]
            log.level = "trace"
            tokens = 3
        "#,
        expect![[r#"
            embedded = "off"                    # /root/.understudy.toml:2
            languages = { python = false }      # /root/.understudy.toml:3
            forbid = ["vendor/**"]              # /root/.understudy.toml:6
            /root/.understudy.toml:4: complete.languages.rust: a workspace's file may only turn off or forbid
            /root/.understudy.toml:5: complete.trigger: a workspace's file may only turn off or forbid
            /root/.understudy.toml:7: log.level: a workspace's file may only turn off or forbid
            /root/.understudy.toml:8: unknown key "tokens", did you mean "embedded.tokens"?
        "#]],
    );
}

#[test]
fn each_provider_row_is_independent() {
    check_user(
        r#"
            [[provider]]
            name = "home"
            kind = "llama-cpp"
            url = "http://127.0.0.1:8012"
            [[provider]]
            name = "deepseek"
            kind = "deepseek"
            key = { env = "DEEPSEEK_API_KEY" }
            models = ["a", { id = "b", class = "small", price = { input = 0.3, output = 1.2 } }]
            cap = { usd_per_day = 1 }
            [route]
            complete = [["home/qwen", "deepseek/a"], "deepseek"]
        "#,
        expect![[r#"
            [[provider]] # /home/config.toml:2
            [[provider]] # /home/config.toml:6
            complete = [["home/qwen", "deepseek/a"], "deepseek"] # /home/config.toml:13
        "#]],
    );
}

#[test]
fn a_wrong_row_is_reported_and_affects_only_itself() {
    check_user(
        r#"
            [[provider]]
            name = "home"
            kind = "ollama"
            modles = ["qwen"]
            [[provider]]
            name = "a/b"
            kind = "ollama"
            [[provider]]
            kind = "ollama"
            [[provider]]
            name = "pasted"
            kind = "deepseek"
            key = "sk-1234567890abcdef"
            [[provider]]
            name = "right"
            kind = "ollama"
            models = [
                { id = "x", price = { input = -1, output = 2 } },
            ]
            [[provider]]
            name = "right"
            kind = "ollama"
            models = ["x"]
        "#,
        expect![[r#"
            [[provider]] # /home/config.toml:21
            /home/config.toml:5: provider "home".modles: unknown field `modles`, expected one of `name`, `kind`, `url`, `insecure`, `key`, `models`, `headers`, `body`, `start`, `cap`, `training`
            /home/config.toml:7: provider "a/b".name: "a/b" is not a name: use one word without a slash
            /home/config.toml:9: provider: missing field `name`
            /home/config.toml:14: provider "pasted".key: the key itself must not be written here: name the place where it is stored, for example { env = "NAME" }, { file = "…" } or { command = ["…"] }
            /home/config.toml:19: provider "right".models.0: -1 is not an amount of dollars from 0 to 1000000
        "#]],
    );
}

#[test]
fn only_the_users_own_file_decides_where_code_and_money_go() {
    check(
        "only = ['home', 'cloud']\n",
        r#"
            only = ["cloud", "other"]
            route.complete = ["other"]
            cap.usd_per_day = 100
            [[provider]]
            name = "thief"
            kind = "openai-compatible"
            url = "https://example.org"
        "#,
        json!({
            "provider": [{ "name": "thief", "kind": "ollama" }],
            "route": { "training": "allow", "complete": ["home"] },
            "limit": { "complete": { "usd": 5, "total_ms": 900 }, "ahead": { "usd_per_day": 5 } },
            "network": { "proxy": "http://localhost:1" },
            "workspace": [],
        }),
        expect![[r#"
            only = ["cloud"]                    # /root/.understudy.toml:2
            complete = { total_ms = 900, usd = 0.002 } # editor
            complete = ["home"]                 # editor
            editor: limit.ahead.usd_per_day: only your own config file may set this
            editor: limit.complete.usd: only your own config file may set this
            editor: network.proxy: only your own config file may set this
            editor: provider: only your own config file may set this
            editor: route.training: only your own config file may set this
            editor: workspace: only your own config file may set this
            editor: route.complete: no provider has the model home
            /root/.understudy.toml:3: route.complete: a workspace's file may only turn off or forbid
            /root/.understudy.toml:4: cap.usd_per_day: a workspace's file may only turn off or forbid
            /root/.understudy.toml:5: provider: a workspace's file may only turn off or forbid
        "#]],
    );
}

#[test]
fn an_editor_changes_settings_but_turns_nothing_on() {
    check(
        "[complete]\nlanguages = { markdown = false }\n[index]\nforbid = [\"a\"]\n",
        "index.enabled = false\n",
        json!({
            "embedded": { "threshold": 0.8, "enabled": true, "tokens": null },
            "complete": { "languages": { "markdown": true } },
            "index": { "forbid": ["b", "a"], "enabled": true },
            "cache": { "megabites": 3 },
        }),
        expect![[r#"
            languages = { markdown = false }    # /home/config.toml:2
            enabled = true                      # editor
            threshold = 0.8                     # editor
            enabled = false                     # /root/.understudy.toml:1
            forbid = ["a", "b"]                 # editor
            editor: unknown key "cache.megabites", did you mean "cache.megabytes"?
            editor: complete.languages.markdown: an editor's settings may not turn on what your config file turns off
        "#]],
    );
}

#[test]
fn a_one_word_setting_turns_nothing_on_either() {
    check(
        "embedded = 'off'\nhover.mode = 'off'\n",
        "embedded = 'quiet'\nhover = true\n",
        json!({ "embedded": "eager", "hover": true }),
        expect![[r#"
            embedded = "off"                    # /home/config.toml:1
            hover = false                       # /home/config.toml:2
            editor: embedded: an editor's settings may not turn on what your config file turns off
            editor: hover: an editor's settings may not turn on what your config file turns off
            /root/.understudy.toml:1: embedded: a workspace's file may only turn off or forbid
            /root/.understudy.toml:2: hover: a workspace's file may only turn off or forbid
        "#]],
    );
    check(
        "embedded = 'eager'\n",
        "embedded = 'off'\nhover = false\n",
        json!({ "embedded": { "threshold": 0.7 }, "hover": true }),
        expect![[r#"
            hover = false                       # /root/.understudy.toml:2
            enabled = false                     # /root/.understudy.toml:1
            invoked_threshold = 0.5             # /home/config.toml:1
            preempt = 0.89                      # /home/config.toml:1
            threshold = 0.7                     # editor
        "#]],
    );
    check(
        "embedded = 'eager'\n",
        "",
        json!({ "embedded": "quiet" }),
        expect![[r#"
        embedded = "quiet"                  # editor
    "#]],
    );
    check(
        "embedded.tokens = 5\n",
        "",
        json!({ "embedded": "quiet" }),
        expect![[r#"
        enabled = true                      # editor
        invoked_threshold = 0.5             # editor
        preempt = 1.0                       # editor
        threshold = 0.95                    # editor
        tokens = 5                          # /home/config.toml:1
    "#]],
    );
}

#[test]
fn empty_editor_settings_change_nothing() {
    for nothing in [json!(null), json!({}), json!({ "embedded": null })] {
        check("", "", nothing, expect![[""]]);
    }
    check(
        "",
        "",
        json!([]),
        expect![[r#"
        editor: settings must be a table
    "#]],
    );
    check(
        "",
        "",
        json!(3),
        expect![[r#"
        editor: settings must be a table, not 3
    "#]],
    );
}

#[test]
fn each_root_has_its_own_rules() {
    let folder = TempDir::new().unwrap();
    let (quiet, loud) = (folder.path().join("quiet"), folder.path().join("loud"));
    let inner = quiet.join("inner");
    let rules = "index = { enabled = false, forbid = ['*.sql'] }";
    for (root, text) in [(&quiet, "embedded.enabled = false"), (&inner, rules)] {
        fs::create_dir_all(root).unwrap();
        fs::write(root.join(WORKSPACE_FILE), text).unwrap();
    }
    let roots = vec![loud.clone(), quiet.clone(), inner.clone()];
    let (config, problems) = load(&ConfigSources { roots, ..ConfigSources::default() });
    assert_eq!(problems, []);
    let enabled = |path: &Path| (config.at(path).embedded.enabled, config.at(path).index.enabled);
    assert_eq!(enabled(&loud.join("a.rs")), (true, true));
    assert_eq!(enabled(&quiet.join("a.rs")), (false, true));
    assert_eq!(enabled(&inner.join("a.rs")), (true, false));
    assert_eq!(config.forbidden(), ["*.sql"]);
}

#[test]
fn an_unreadable_file_is_reported() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("none.toml");
    let problems = |file| {
        let problems = load(&ConfigSources { file, ..ConfigSources::default() }).1;
        problems.iter().map(|it| it.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(problems(UserFile::Usual(missing.clone())), [""; 0]);
    assert_eq!(problems(UserFile::Named(missing)).len(), 1);
    let not_a_file = problems(UserFile::Usual(folder.path().to_owned()));
    assert_eq!(not_a_file, ["cannot be read: not a file"]);
    let large = folder.path().join("large.toml");
    fs::write(&large, "#".repeat(300_000)).unwrap();
    assert_eq!(problems(UserFile::Usual(large)), ["cannot be read: larger than 64 kB"]);
}

/// A repository may contain any file: it must be read quickly, with few problems reported.
#[test]
fn a_file_full_of_problems_is_read_quickly() {
    let keys: Vec<String> = (0..4000).map(|it| format!("languages.l{it} = 1")).collect();
    let (_, problems) = parse(format!("[complete]\n{}", keys.join("\n")).as_bytes());
    assert_eq!(problems.len(), 100);
    let globs = "'*a', ".repeat(8000);
    let (config, _) = parse(format!("index.forbid = [{globs}]").as_bytes());
    assert_eq!(config.forbidden(), ["*a"]);
    let (_, problems) = parse(format!("{} = 1", "k".repeat(60_000)).as_bytes());
    assert!(problems[0].message.len() < 200);
}

#[test]
fn invalid_utf8_is_reported_with_its_line() {
    let (config, problems) = parse(b"[log]\nlevel = \"\xff\"\n");
    assert_eq!(config, Config::default());
    assert_eq!(problems[0].to_string(), "config.toml:2: not UTF-8");
}

/// The file equals the output of `understudy config schema`.
#[test]
fn the_schema_file_is_up_to_date() {
    let schema = serde_json::to_string_pretty(&schema::schema()).unwrap() + "\n";
    expect_file!["../../editors/config.schema.json"].assert_eq(&schema);
}

/// The dotted names of a schema's settings; a list of tables is one.
fn names(schema: &serde_json::Value, group: &str) -> Vec<String> {
    let settings = schema["properties"].as_object().into_iter().flatten();
    let names = settings.map(|(name, setting)| match setting["properties"].is_object() {
        true => names(setting, &format!("{group}{name}.")),
        false => vec![format!("{group}{name}")],
    });
    names.flatten().collect()
}

#[test]
fn at_most_36_settings_are_documented() {
    let documented = names(&schema::documented(), "");
    assert!(documented.len() <= 36, "{}", documented.len());
    expect![[r#"
        action
        actions.check
        actions.review
        cap.usd_per_day
        cap.usd_per_month
        complete.eagerness
        complete.languages
        complete.lines
        complete.trigger
        embedded
        hover
        http.ask_above_usd
        http.enabled
        http.origins
        http.port
        http.require_token
        index.enabled
        index.forbid
        limit.complete.total_ms
        limit.complete.usd
        limit.edit.ask_above_usd
        limit.next_edit.usd
        log.level
        model.source
        network.ca_file
        network.proxy
        next_edit
        only
        provider
        route.complete
        route.edit
        route.explain
        route.next_edit
        route.prefer
        route.training
        workspace
    "#]]
    .assert_eq(&(documented.join("\n") + "\n"));
}

/// Editors that check TOML by the schema accept what the server accepts.
#[test]
fn the_schema_marks_every_old_key_and_accepts_it() {
    let schema = schema::schema().to_value();
    for old in &old::KEYS {
        let setting = old.path().into_iter().fold(&schema, |it, name| {
            let of = |it: &'_ serde_json::Value| it["properties"][name].is_object();
            let group = it["anyOf"].as_array().into_iter().flatten().find(|it| of(it));
            &group.unwrap_or(it)["properties"][name]
        });
        assert_eq!(setting["deprecated"], true, "{}", old.key);
        let about = setting["description"].as_str().unwrap();
        assert!(about.starts_with(&old.replacement()), "{about}");
    }
    let documented = names(&schema::documented(), "");
    assert!(documented.iter().all(|it| old::find(it).is_none()), "{documented:?}");
}

/// An editor's page mentions only current settings.
#[test]
fn no_page_of_an_editor_names_an_old_key() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors");
    let mut folders = vec![top.clone()];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !["node_modules", "target"].contains(&name.as_str()) {
                folders.push(path);
                continue;
            }
            let is_page = ["md", "txt", "json", "el", "lua", "vim", "kak", "sublime-settings"]
                .iter()
                .any(|it| name.ends_with(&format!(".{it}")));
            if !is_page || ["CONFIGURATION.md", "config.schema.json"].contains(&&*name) {
                continue;
            }
            read += 1;
            let text = fs::read_to_string(&path).unwrap();
            let named = old::KEYS.iter().find(|it| text.contains(it.key));
            let named = named.map(|it| it.key);
            assert_eq!(named, None, "{path:?}");
        }
    }
    assert!(read > 20, "{read}");
}

#[test]
fn the_manual_matches_the_doc_comments() {
    expect_file!["../../editors/CONFIGURATION.md"].assert_eq(&manual());
}

/// The page of settings: each with its default and its doc comment.
fn manual() -> String {
    let schema = schema::documented();
    let defaults = serde_json::to_value(Config::default()).unwrap();
    let mut page = MANUAL.to_owned();
    for (group, settings) in schema["properties"].as_object().unwrap() {
        let is_list = settings["type"] == "array";
        let rows = is_list && settings["items"]["type"] == "object";
        let title = match (rows, settings["properties"].is_object()) {
            (true, _) => format!("[[{group}]]"),
            (false, true) => format!("[{group}]"),
            (false, false) => format!("{group} = {}", settings["default"]),
        };
        let about = if rows { &settings["items"] } else { settings };
        page += &format!("\n## `{title}`\n\n{}\n", description(about));
        page += &entries(&defaults[group], about, "");
    }
    page += OLD_KEYS;
    old::KEYS
        .iter()
        .fold(page, |page, it| page + &format!("- `{}`: {}\n", it.key, it.replacement()))
}

/// The settings of a group or a row, one per line, each followed by the settings in it.
fn entries(defaults: &serde_json::Value, group: &serde_json::Value, indent: &str) -> String {
    let Some(settings) = group["properties"].as_object() else { return String::new() };
    let lines = settings.iter().map(|(name, schema)| {
        let inner = [schema, &schema["items"], &schema["anyOf"][0]];
        let inner = inner.into_iter().find(|it| it["properties"].is_object());
        let default = match &defaults[name] {
            serde_json::Value::Null => String::new(),
            _ if inner.is_some() => String::new(),
            value => {
                let default = toml::Value::try_from(value).unwrap().to_string();
                let default = default.trim();
                format!(" = {}", if default.is_empty() { "{}" } else { default })
            }
        };
        let inner = inner.map(|it| entries(&defaults[name], it, &format!("{indent}  ")));
        format!(
            "{indent}- `{name}{default}`: {}\n{}",
            description(schema),
            inner.unwrap_or_default()
        )
    });
    format!("{}{}", if indent.is_empty() { "\n" } else { "" }, lines.collect::<String>())
}

fn description(schema: &serde_json::Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ")
}

const OLD_KEYS: &str = "
## Keys of earlier versions

They still work. `understudy config check` names the replacement of each key in your files.

";

const MANUAL: &str = "\
# Settings

No setting is required. This page and the JSON schema [config.schema.json](config.schema.json) are generated from the doc comments
of `src/config.rs`; `understudy config schema` prints the schema of the installed version. `understudy config show` prints the
settings in effect and where each is set, `understudy config check` reports problems.

Settings come from three sources:

1. `~/.config/understudy/config.toml`, or the same below `$XDG_CONFIG_HOME`; `%APPDATA%\\understudy\\config.toml` on Windows,
   `~/Library/Application Support/understudy/config.toml` on macOS; or the file that `--config` names.
2. `.understudy.toml` at a workspace's root, for that root alone. It may only turn off and forbid.
3. The editor: `initializationOptions`, or the section `understudy` of its settings, with the same keys as JSON. It may not turn
   on what your config file turns off.
";

/// The editor's own settings page contains what an editor may set, and nothing else.
#[test]
fn the_vs_code_settings_match_the_doc_comments() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/vscode/package.json");
    let text = fs::read_to_string(&path).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    let properties = &mut manifest["contributes"]["configuration"]["properties"];
    let ours = ["understudy.path", "understudy.trace.server"];
    let mut expected: serde_json::Map<_, _> = properties.as_object().unwrap().clone();
    expected.retain(|key, _| ours.contains(&key.as_str()));
    offered(&schema::documented(), "", &mut expected);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        *properties = expected.into();
        fs::write(&path, serde_json::to_string_pretty(&manifest).unwrap() + "\n").unwrap();
    } else {
        assert_eq!(*properties, serde_json::Value::Object(expected));
    }
}

/// Settings of an earlier version still reach the server.
#[test]
fn vs_code_sends_the_old_keys_that_an_editor_may_set() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/vscode/src/settings.ts");
    let text = fs::read_to_string(path).unwrap();
    let list = text.split("export const OLD = [").nth(1).unwrap().split("];").next().unwrap();
    let listed: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    let keys = old::KEYS.iter().map(|it| it.key);
    let settable = keys.filter(|it| Origin::Editor.right(it) != source::Right::Nothing);
    assert_eq!(listed, settable.collect::<Vec<_>>());
}

fn offered(
    schema: &serde_json::Value,
    group: &str,
    all: &mut serde_json::Map<String, serde_json::Value>,
) {
    for (name, setting) in schema["properties"].as_object().into_iter().flatten() {
        let key = format!("{group}{name}");
        if Origin::Editor.right(&key) == source::Right::Nothing {
            continue;
        }
        if setting["properties"].is_object() {
            offered(setting, &format!("{key}."), all);
            continue;
        }
        let mut entry =
            json!({ "default": setting["default"], "markdownDescription": description(setting) });
        for part in ["type", "enum", "minimum", "maximum", "items", "anyOf", "additionalProperties"]
        {
            if !setting[part].is_null() {
                entry[part] = setting[part].clone();
            }
        }
        all.insert(format!("understudy.{key}"), entry);
    }
}

#[test]
fn folders_follow_the_platform() {
    let check = |platform, variables: &[(&str, &str)], expected: [Option<&str>; 2]| {
        let env = |name: &str| Some(variables.iter().find(|it| it.0 == name)?.1.into());
        let found = [folders::config(platform, &env), folders::state(platform, &env)];
        assert_eq!(found, expected.map(|it| it.map(PathBuf::from)), "{platform:?} {variables:?}");
    };
    let home = ("HOME", "/home/u");
    let xdg = [home, ("XDG_CONFIG_HOME", "/c"), ("XDG_STATE_HOME", "/s")];
    let own = [Some("/c/understudy"), Some("/s/understudy")];
    let usual = [Some("/home/u/.config/understudy"), Some("/home/u/.local/state/understudy")];
    let library = Some("/home/u/Library/Application Support/understudy");
    check(Platform::Xdg, &[home], usual);
    check(Platform::Xdg, &xdg, own);
    check(Platform::Xdg, &[home, ("XDG_CONFIG_HOME", "here"), ("XDG_STATE_HOME", "")], usual);
    check(Platform::Xdg, &[], [None, None]);
    check(Platform::Mac, &[home], [library, library]);
    check(Platform::Mac, &xdg, own);
    let roaming = [home, ("APPDATA", "/r"), ("LOCALAPPDATA", "/l")];
    check(Platform::Windows, &roaming, [Some("/r/understudy"), Some("/l/understudy")]);
    check(Platform::Windows, &[home], [None, None]);
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes: Vec<u8>) {
        parse(&bytes);
    }

    #[test]
    fn any_words_of_a_config_are_read(words in proptest::collection::vec(
        prop_oneof![
            Just("["), Just("]"), Just("{"), Just("}"), Just("="), Just("\n"), Just(","), Just("."),
            Just("\""), Just("embedded"), Just("complete"), Just("languages"), Just("index"),
            Just("forbid"), Just("true"), Just("0.5"), Just("nan"), Just("1979-05-27"), Just("#"),
        ],
        0..40,
    )) {
        let (_, problems) = parse(words.concat().as_bytes());
        let lines = words.iter().filter(|it| **it == "\n").count() + 1;
        prop_assert!(problems.iter().all(|it| it.line.is_none_or(|line| line <= lines + 1)));
    }
}

//! What a user who writes a setting sees come of it.

use std::fs;

use expect_test::Expect;
use expect_test::expect;
use expect_test::expect_file;
use proptest::prelude::*;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::config::show::shown;
use crate::config::source::UserFile;
use crate::config::source::WORKSPACE_FILE;

/// What the user's file, a workspace's and an editor said, as `config show` prints it: only what
/// is not at its default, then the problems.
fn check(user: &str, workspace: &str, editor: serde_json::Value, expect: Expect) {
    let folder = TempDir::new().unwrap();
    let (file, root) = (folder.path().join("config.toml"), folder.path().join("root"));
    fs::create_dir(&root).unwrap();
    fs::write(&file, user).unwrap();
    if !workspace.is_empty() {
        fs::write(root.join(WORKSPACE_FILE), workspace).unwrap();
    }
    let sources = Sources { file: UserFile::Usual(file), roots: vec![root.clone()], editor };

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
    assert_eq!(
        serde_json::from_value::<Config>(shown.config).ok().as_ref(),
        Some(config.at(&root))
    );
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
    let sources = Sources::default();
    assert_eq!(load(&sources), (Config::default(), Vec::new()));
    expect![[r#"
        only = ["*"]                        # default

        [cache]
        megabytes = 8                       # default

        [complete]
        ahead = false                       # default
        debounce = "adaptive"               # default
        eagerness = "medium"                # default
        languages = {}                      # default
        lines = "auto"                      # default
        trigger = "automatic"               # default

        [embedded]
        enabled = true                      # default
        invoked_threshold = 0.5             # default
        preempt = 0.95                      # default
        threshold = 0.89                    # default
        tokens = 8000000                    # default

        [hover]
        mode = "auto"                       # default
        wait_ms = 0                         # default

        [index]
        enabled = true                      # default
        forbid = []                         # default
        max_file_kb = 400                   # default
        max_files = 100000                  # default

        [limit]
        ahead = { usd_per_day = 0.0 }       # default
        complete = { first_token_ms = 600, total_ms = 2500, usd = 0.002 } # default
        edit = { ask_above_usd = 0.05, total_ms = 60000 } # default
        hover = { usd = 0.0005 }            # default

        [log]
        level = "info"                      # default

        [route]
        a_second = 0.002                    # default
        complete = []                       # default
        edit = []                           # default
        explain = []                        # default
        learn = true                        # default
        prefer = "cheapest"                 # default
        spill = true                        # default
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
fn a_wrong_key_names_its_line_and_the_nearest_right_one() {
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
fn a_problem_is_one_line_that_no_terminal_obeys() {
    check_workspace(
        r#""\u001b[2J\nc" = 1
log.level = "\r\u0007"
"#,
        expect![[r#"
            /root/.understudy.toml:1: unknown key " [2J c"
            /root/.understudy.toml:2: log.level: a workspace's file may only turn off and forbid
        "#]],
    );
}

#[test]
fn a_wrong_value_names_its_line_and_what_was_expected() {
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
fn what_stands_around_a_broken_line_still_holds() {
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
            languages = { python = false }      # /root/.understudy.toml:3
            enabled = false                     # /root/.understudy.toml:2
            forbid = ["vendor/**"]              # /root/.understudy.toml:6
            /root/.understudy.toml:4: complete.languages.rust: a workspace's file may only turn off and forbid
            /root/.understudy.toml:5: complete.trigger: a workspace's file may only turn off and forbid
            /root/.understudy.toml:7: log.level: a workspace's file may only turn off and forbid
            /root/.understudy.toml:8: unknown key "tokens", did you mean "embedded.tokens"?
        "#]],
    );
}

#[test]
fn providers_are_rows_that_add_nothing_to_each_other() {
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
fn a_wrong_row_names_its_part_and_costs_only_itself() {
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
            /home/config.toml:5: provider "home".modles: unknown field `modles`, expected one of `name`, `kind`, `url`, `insecure`, `key`, `models`, `start`, `cap`, `training`
            /home/config.toml:7: provider "a/b".name: "a/b" is no name: one word without a slash
            /home/config.toml:9: provider: missing field `name`
            /home/config.toml:14: provider "pasted".key: a key never stands here itself: say where it is kept, as in { env = "NAME" }, { file = "…" } or { command = ["…"] }
            /home/config.toml:19: provider "right".models.0: -1 is no amount of dollars
        "#]],
    );
}

#[test]
fn whom_code_and_money_go_to_is_for_the_users_own_file_to_say() {
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
            complete = { first_token_ms = 600, total_ms = 900, usd = 0.002 } # editor
            complete = ["home"]                 # editor
            editor: limit.ahead.usd_per_day: only your own config file may say this
            editor: limit.complete.usd: only your own config file may say this
            editor: network.proxy: only your own config file may say this
            editor: provider: only your own config file may say this
            editor: route.training: only your own config file may say this
            editor: workspace: only your own config file may say this
            editor: route.complete: no provider has the model home
            /root/.understudy.toml:3: route.complete: a workspace's file may only turn off and forbid
            /root/.understudy.toml:4: cap.usd_per_day: a workspace's file may only turn off and forbid
            /root/.understudy.toml:5: provider: a workspace's file may only turn off and forbid
        "#]],
    );
}

#[test]
fn an_editor_tunes_but_turns_nothing_on() {
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
            editor: complete.languages.markdown: an editor's settings may not turn on what is turned off
        "#]],
    );
}

#[test]
fn an_editor_that_says_nothing_changes_nothing() {
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
    let (config, problems) = load(&Sources { roots, ..Sources::default() });
    assert_eq!(problems, []);
    let enabled = |path: &Path| (config.at(path).embedded.enabled, config.at(path).index.enabled);
    assert_eq!(enabled(&loud.join("a.rs")), (true, true));
    assert_eq!(enabled(&quiet.join("a.rs")), (false, true));
    assert_eq!(enabled(&inner.join("a.rs")), (true, false));
    assert_eq!(config.forbidden(), ["*.sql"]);
}

#[test]
fn a_file_that_cannot_be_read_is_said() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("none.toml");
    let problems = |file| {
        let problems = load(&Sources { file, ..Sources::default() }).1;
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

/// A repository may hold any file: reading it must neither take long nor say much.
#[test]
fn a_file_of_nothing_but_problems_is_read_at_once() {
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
fn bytes_that_are_no_text_name_their_line() {
    let (config, problems) = parse(b"[log]\nlevel = \"\xff\"\n");
    assert_eq!(config, Config::default());
    assert_eq!(problems[0].to_string(), "config.toml:2: not UTF-8");
}

#[test]
fn the_schema_names_every_setting() {
    let schema = schema::schema().to_value();
    expect![[r#"
        {
          "$schema": "http://json-schema.org/draft-07/schema#",
          "additionalProperties": false,
          "description": "Understudy's settings. Every one has a default, so no file is needed.",
          "properties": {
            "action": {
              "default": [],
              "items": {
                "additionalProperties": false,
                "description": "An action of your own, offered in the menu of code actions beside ours. A workspace's\n`.understudy.toml` may add some: words, but nobody to send them to.",
                "properties": {
                  "gives": {
                    "default": "edit",
                    "description": "`\"edit\"` changes the selection, `\"answer\"` shows words about it.",
                    "enum": [
                      "edit",
                      "answer"
                    ],
                    "type": "string"
                  },
                  "instruction": {
                    "description": "What the model is told to do with the selection.",
                    "type": "string"
                  },
                  "languages": {
                    "description": "The languages it is for, by our names; left out, all.",
                    "items": {
                      "type": "string"
                    },
                    "type": "array"
                  },
                  "name": {
                    "description": "What commands call it; one of ours by that name is replaced.",
                    "type": "string"
                  },
                  "title": {
                    "description": "What the menu says.",
                    "type": "string"
                  }
                },
                "required": [
                  "name",
                  "title",
                  "instruction"
                ],
                "type": "object"
              },
              "type": "array"
            },
            "cache": {
              "additionalProperties": false,
              "default": {
                "megabytes": 8
              },
              "description": "Suggestions kept to be shown again without asking anybody.",
              "properties": {
                "megabytes": {
                  "default": 8,
                  "description": "How much memory they may take, in units of a million bytes; 0 keeps none.",
                  "format": "uint32",
                  "minimum": 0,
                  "type": "integer"
                }
              },
              "type": "object"
            },
            "cap": {
              "additionalProperties": false,
              "default": {
                "requests_per_day": null,
                "tokens_per_day": null,
                "usd_per_day": null,
                "usd_per_month": null
              },
              "description": "The most that may be spent; what is reached lets free and local models answer alone.",
              "properties": {
                "requests_per_day": {
                  "default": null,
                  "description": "Requests a day.",
                  "format": "uint32",
                  "minimum": 0,
                  "type": [
                    "integer",
                    "null"
                  ]
                },
                "tokens_per_day": {
                  "default": null,
                  "description": "Tokens a day, of prompts and answers.",
                  "format": "uint32",
                  "minimum": 0,
                  "type": [
                    "integer",
                    "null"
                  ]
                },
                "usd_per_day": {
                  "default": null,
                  "description": "Dollars a day.",
                  "format": "double",
                  "maximum": 1000000,
                  "minimum": 0,
                  "type": [
                    "number",
                    "null"
                  ]
                },
                "usd_per_month": {
                  "default": null,
                  "description": "Dollars a calendar month.",
                  "format": "double",
                  "maximum": 1000000,
                  "minimum": 0,
                  "type": [
                    "number",
                    "null"
                  ]
                }
              },
              "type": "object"
            },
            "complete": {
              "additionalProperties": false,
              "default": {
                "ahead": false,
                "debounce": "adaptive",
                "eagerness": "medium",
                "languages": {},
                "lines": "auto",
                "trigger": "automatic"
              },
              "description": "When suggestions are made, and where.",
              "properties": {
                "ahead": {
                  "default": false,
                  "description": "Whether what follows a suggestion is asked for while you look at it, so that it is there once\nyou accept. Models that cost something are asked only within `limit.ahead`.",
                  "type": "boolean"
                },
                "debounce": {
                  "anyOf": [
                    {
                      "enum": [
                        "adaptive"
                      ],
                      "type": "string"
                    },
                    {
                      "description": "In milliseconds.",
                      "format": "uint16",
                      "maximum": 65535,
                      "minimum": 0,
                      "type": "integer"
                    }
                  ],
                  "default": "adaptive",
                  "description": "How long a pause in typing is waited for before a provider is asked: `\"adaptive\"` waits\nonly where that saves money, a number is milliseconds, 0 never waits."
                },
                "eagerness": {
                  "default": "medium",
                  "description": "How soon a provider that costs money is asked where the pause is adaptive: `\"high\"` shows\nsuggestions sooner and asks more often, `\"low\"` waits for longer pauses and costs less.",
                  "enum": [
                    "low",
                    "medium",
                    "high"
                  ],
                  "type": "string"
                },
                "languages": {
                  "additionalProperties": {
                    "type": "boolean"
                  },
                  "default": {},
                  "description": "Languages to switch off, by the name your editor gives them: `{ markdown = false }`. A\nlanguage that is not named here is on.",
                  "type": "object"
                },
                "lines": {
                  "default": "auto",
                  "description": "`\"single\"` suggests one line, `\"multi\"` up to ten wherever it fits, `\"auto\"` several where a\nblock begins.",
                  "enum": [
                    "auto",
                    "single",
                    "multi"
                  ],
                  "type": "string"
                },
                "trigger": {
                  "default": "automatic",
                  "description": "`\"automatic\"` suggests while you type, `\"manual\"` only when you ask.",
                  "enum": [
                    "automatic",
                    "manual"
                  ],
                  "type": "string"
                }
              },
              "type": "object"
            },
            "embedded": {
              "additionalProperties": false,
              "default": {
                "enabled": true,
                "invoked_threshold": 0.5,
                "preempt": 0.95,
                "threshold": 0.89,
                "tokens": 8000000
              },
              "description": "The embedded model: ghost text learned from your own workspace, with no key and no network.",
              "properties": {
                "enabled": {
                  "default": true,
                  "description": "Whether the embedded model suggests anything.",
                  "type": "boolean"
                },
                "invoked_threshold": {
                  "default": 0.5,
                  "description": "How sure it must be when you ask for a suggestion yourself, from 0 to 1.",
                  "format": "double",
                  "maximum": 1,
                  "minimum": 0,
                  "type": "number"
                },
                "preempt": {
                  "default": 0.95,
                  "description": "How sure it must be to answer before anybody else is asked, from 0 to 1; 1 is never that\nsure. Less sure, it answers where nobody else does.",
                  "format": "double",
                  "maximum": 1,
                  "minimum": 0,
                  "type": "number"
                },
                "threshold": {
                  "default": 0.89,
                  "description": "How sure it must be to suggest while you type, from 0 to 1. Higher shows less, and less\nthat is wrong: in measurements .7 saved 38 % of the keys typed, .8 saved 35 % with two\nthirds as many wrong ones, .89 saved 31 % with a third of them.",
                  "format": "double",
                  "maximum": 1,
                  "minimum": 0,
                  "type": "number"
                },
                "tokens": {
                  "default": 8000000,
                  "description": "How many tokens of your workspace are learned at most, at 8 bytes each, and for each 32 of\nthem one definition, at about 120 bytes: this is the limit of the memory your files take.\nA line of code has about seven. What is nearest to open files and changed last comes first.",
                  "format": "uint32",
                  "minimum": 0,
                  "type": "integer"
                }
              },
              "type": "object"
            },
            "hover": {
              "additionalProperties": false,
              "default": {
                "mode": "auto",
                "wait_ms": 0
              },
              "description": "Explanations of the symbol under the cursor.",
              "properties": {
                "mode": {
                  "default": "auto",
                  "description": "`\"auto\"` shows an explanation that is there and, in editors where a key asks for it, has the\nnext one written where that is free or cheap; `\"on\"` does so in every editor and waits for\nit; `\"cached\"` asks nobody; `\"off\"` shows nothing.",
                  "enum": [
                    "auto",
                    "on",
                    "cached",
                    "off"
                  ],
                  "type": "string"
                },
                "wait_ms": {
                  "default": 0,
                  "description": "How long `\"on\"` waits for an explanation, in milliseconds.",
                  "format": "uint32",
                  "minimum": 0,
                  "type": "integer"
                }
              },
              "type": "object"
            },
            "index": {
              "additionalProperties": false,
              "default": {
                "enabled": true,
                "forbid": [],
                "max_file_kb": 400,
                "max_files": 100000
              },
              "description": "What is learned from the files of your workspace.",
              "properties": {
                "enabled": {
                  "default": true,
                  "description": "Whether files you have not opened are read at all.",
                  "type": "boolean"
                },
                "forbid": {
                  "default": [],
                  "description": "Files never read, learned or completed in, beside those that `.gitignore`, `.ignore`,\n`.understudyignore` and the built-in rules hide: `[\"secret/**\", \"*.sql\"]`. Lists of several\nsources add up.",
                  "items": {
                    "description": "A pattern of paths to hide, as in `.gitignore`: `*.sql` anywhere, `infra/prod` below any folder.",
                    "format": "glob",
                    "type": "string"
                  },
                  "type": "array"
                },
                "max_file_kb": {
                  "default": 400,
                  "description": "Larger files are left out, in units of 1000 bytes.",
                  "format": "uint32",
                  "minimum": 0,
                  "type": "integer"
                },
                "max_files": {
                  "default": 100000,
                  "description": "How many files are read at most.",
                  "format": "uint32",
                  "minimum": 0,
                  "type": "integer"
                }
              },
              "type": "object"
            },
            "limit": {
              "additionalProperties": false,
              "default": {
                "ahead": {
                  "usd_per_day": 0.0
                },
                "complete": {
                  "first_token_ms": 600,
                  "total_ms": 2500,
                  "usd": 0.002
                },
                "edit": {
                  "ask_above_usd": 0.05,
                  "total_ms": 60000
                },
                "hover": {
                  "usd": 0.0005
                }
              },
              "description": "How long is waited for an answer, and what one may cost.",
              "properties": {
                "ahead": {
                  "additionalProperties": false,
                  "default": {
                    "usd_per_day": 0.0
                  },
                  "description": "For what `complete.ahead` has written before you come to it.",
                  "properties": {
                    "usd_per_day": {
                      "default": 0.0,
                      "description": "The most that all of it may cost a day, in dollars; 0 asks only models that cost nothing.",
                      "format": "double",
                      "maximum": 1000000,
                      "minimum": 0,
                      "type": "number"
                    }
                  },
                  "type": "object"
                },
                "complete": {
                  "additionalProperties": false,
                  "default": {
                    "first_token_ms": 600,
                    "total_ms": 2500,
                    "usd": 0.002
                  },
                  "description": "For ghost text.",
                  "properties": {
                    "first_token_ms": {
                      "default": 600,
                      "description": "Whoever usually takes longer to begin is asked only if nobody else can, in milliseconds.",
                      "format": "uint32",
                      "minimum": 0,
                      "type": "integer"
                    },
                    "total_ms": {
                      "default": 2500,
                      "description": "When nothing is shown any more, in milliseconds.",
                      "format": "uint32",
                      "minimum": 0,
                      "type": "integer"
                    },
                    "usd": {
                      "default": 0.002,
                      "description": "The most that one may cost while you type, in dollars, with the prompt that is sent. Where every model\ncosts more, a smaller prompt is tried. One that you ask for with a key may cost up to\n`limit.edit.ask_above_usd` if that is more.",
                      "format": "double",
                      "maximum": 1000000,
                      "minimum": 0,
                      "type": "number"
                    }
                  },
                  "type": "object"
                },
                "edit": {
                  "additionalProperties": false,
                  "default": {
                    "ask_above_usd": 0.05,
                    "total_ms": 60000
                  },
                  "description": "For code actions and questions.",
                  "properties": {
                    "ask_above_usd": {
                      "default": 0.05,
                      "description": "What is dearer is asked only when you say so, in dollars.",
                      "format": "double",
                      "maximum": 1000000,
                      "minimum": 0,
                      "type": "number"
                    },
                    "total_ms": {
                      "default": 60000,
                      "description": "When an answer is waited for no longer, in milliseconds.",
                      "format": "uint32",
                      "minimum": 0,
                      "type": "integer"
                    }
                  },
                  "type": "object"
                },
                "hover": {
                  "additionalProperties": false,
                  "default": {
                    "usd": 0.0005
                  },
                  "description": "For explanations of symbols that nobody asked for by name.",
                  "properties": {
                    "usd": {
                      "default": 0.0005,
                      "description": "The most that one explanation may cost, in dollars.",
                      "format": "double",
                      "maximum": 1000000,
                      "minimum": 0,
                      "type": "number"
                    }
                  },
                  "type": "object"
                }
              },
              "type": "object"
            },
            "log": {
              "additionalProperties": false,
              "default": {
                "level": "info"
              },
              "description": "The log file; `understudy log` shows it.",
              "properties": {
                "level": {
                  "default": "info",
                  "description": "How much is written: `\"off\"`, `\"error\"`, `\"warn\"`, `\"info\"`, `\"debug\"` or `\"trace\"`. Only\n`\"trace\"` may hold text of your files. The variable `UNDERSTUDY_LOG` overrules it.",
                  "enum": [
                    "off",
                    "error",
                    "warn",
                    "info",
                    "debug",
                    "trace"
                  ],
                  "type": "string"
                }
              },
              "type": "object"
            },
            "network": {
              "additionalProperties": false,
              "default": {
                "ca_file": null,
                "proxy": null
              },
              "description": "How the network is reached.",
              "properties": {
                "ca_file": {
                  "default": null,
                  "description": "A file of certificates to trust beside the system's, as PEM: of authorities, or a server's own\nself-signed certificate as `openssl req -x509` makes it. Where that names hosts\n(`subjectAltName`), the url must use one of them; without names it is accepted for every host.",
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "proxy": {
                  "default": null,
                  "description": "A proxy to go through; left out, the one that the system or its variables name. This machine\nis reached without one.",
                  "type": [
                    "string",
                    "null"
                  ]
                }
              },
              "type": "object"
            },
            "only": {
              "default": [
                "*"
              ],
              "description": "Providers that may be asked: `[\"*\"]` is all of them, `[]` none. Several sources allow what\nall of them allow.",
              "items": {
                "type": "string"
              },
              "type": "array"
            },
            "provider": {
              "default": [],
              "items": {
                "additionalProperties": false,
                "description": "Somebody who may be asked: a service with a key, or a server of your own. Without any, the\nembedded model answers alone.",
                "properties": {
                  "cap": {
                    "additionalProperties": false,
                    "description": "The most that may be spent on it.",
                    "properties": {
                      "requests_per_day": {
                        "default": null,
                        "description": "Requests a day.",
                        "format": "uint32",
                        "minimum": 0,
                        "type": [
                          "integer",
                          "null"
                        ]
                      },
                      "tokens_per_day": {
                        "default": null,
                        "description": "Tokens a day, of prompts and answers.",
                        "format": "uint32",
                        "minimum": 0,
                        "type": [
                          "integer",
                          "null"
                        ]
                      },
                      "usd_per_day": {
                        "default": null,
                        "description": "Dollars a day.",
                        "format": "double",
                        "maximum": 1000000,
                        "minimum": 0,
                        "type": [
                          "number",
                          "null"
                        ]
                      },
                      "usd_per_month": {
                        "default": null,
                        "description": "Dollars a calendar month.",
                        "format": "double",
                        "maximum": 1000000,
                        "minimum": 0,
                        "type": [
                          "number",
                          "null"
                        ]
                      }
                    },
                    "type": [
                      "object",
                      "null"
                    ]
                  },
                  "insecure": {
                    "description": "Lets the url be `http://` on another machine, where everybody on the way can read your code.",
                    "type": "boolean"
                  },
                  "key": {
                    "anyOf": [
                      {
                        "description": "Where a key is kept.",
                        "oneOf": [
                          {
                            "additionalProperties": false,
                            "description": "In a variable of the environment.",
                            "properties": {
                              "env": {
                                "type": "string"
                              }
                            },
                            "required": [
                              "env"
                            ],
                            "type": "object"
                          },
                          {
                            "additionalProperties": false,
                            "description": "In a file that holds nothing else.",
                            "properties": {
                              "file": {
                                "type": "string"
                              }
                            },
                            "required": [
                              "file"
                            ],
                            "type": "object"
                          },
                          {
                            "additionalProperties": false,
                            "description": "In what a command prints, program first.",
                            "properties": {
                              "command": {
                                "items": {
                                  "type": "string"
                                },
                                "type": "array"
                              }
                            },
                            "required": [
                              "command"
                            ],
                            "type": "object"
                          },
                          {
                            "additionalProperties": false,
                            "description": "In the system's keyring, under this name.",
                            "properties": {
                              "keyring": {
                                "type": "string"
                              }
                            },
                            "required": [
                              "keyring"
                            ],
                            "type": "object"
                          }
                        ]
                      },
                      {
                        "type": "null"
                      }
                    ],
                    "description": "Where its key is kept, never the key itself: `{ env = \"DEEPSEEK_API_KEY\" }`, `{ file =\n\"/run/secrets/key\" }`, `{ command = [\"pass\", \"show\", \"deepseek\"] }` or `{ keyring =\n\"deepseek\" }`. Left out, the variable that is usual for its kind."
                  },
                  "kind": {
                    "description": "What it is: `\"anthropic\"`, `\"deepseek\"`, `\"ollama\"`, `\"llama-cpp\"` and so on;\n`\"openai-compatible\"` for all else that speaks OpenAI's protocol.",
                    "type": "string"
                  },
                  "models": {
                    "description": "Its models that may be asked: `[\"qwen2.5-coder\"]`, or tables with what is not known of one.",
                    "items": {
                      "additionalProperties": false,
                      "description": "A model of a provider. What is left out is known, or found out.",
                      "properties": {
                        "class": {
                          "description": "How able it is: what it is asked for where `[route]` does not say.",
                          "enum": [
                            "small",
                            "medium",
                            "large",
                            null
                          ],
                          "type": [
                            "string",
                            "null"
                          ]
                        },
                        "fim": {
                          "description": "How it fills a hole: `\"suffix\"`, `\"infill\"`, `\"chat\"`, or the family whose markers it was\ntrained with, as `\"qwen\"`.",
                          "type": [
                            "string",
                            "null"
                          ]
                        },
                        "id": {
                          "description": "The provider's own name for it.",
                          "type": "string"
                        },
                        "price": {
                          "additionalProperties": false,
                          "description": "What it costs, in dollars per million tokens.",
                          "properties": {
                            "cached": {
                              "description": "Of the prompt, what the provider had in its cache; left out, as dear as the rest.",
                              "format": "double",
                              "maximum": 1000000,
                              "minimum": 0,
                              "type": [
                                "number",
                                "null"
                              ]
                            },
                            "input": {
                              "description": "An amount that is not negative, in dollars.",
                              "format": "double",
                              "maximum": 1000000,
                              "minimum": 0,
                              "type": "number"
                            },
                            "output": {
                              "description": "An amount that is not negative, in dollars.",
                              "format": "double",
                              "maximum": 1000000,
                              "minimum": 0,
                              "type": "number"
                            },
                            "written": {
                              "description": "Of the prompt, what the provider writes to its cache; left out, as dear as the rest.",
                              "format": "double",
                              "maximum": 1000000,
                              "minimum": 0,
                              "type": [
                                "number",
                                "null"
                              ]
                            }
                          },
                          "required": [
                            "input",
                            "output"
                          ],
                          "type": [
                            "object",
                            "null"
                          ]
                        },
                        "window": {
                          "description": "Tokens it takes, prompt and answer together.",
                          "format": "uint32",
                          "minimum": 0,
                          "type": [
                            "integer",
                            "null"
                          ]
                        }
                      },
                      "required": [
                        "id"
                      ],
                      "type": "object"
                    },
                    "type": "array"
                  },
                  "name": {
                    "description": "Your name for it. `[route]` uses it, and so does everything that is shown.",
                    "type": "string"
                  },
                  "start": {
                    "description": "For a server on this machine: what starts it, program first, as `[\"llama-server\", \"--port\",\n\"8012\", …]`. It is started when it is first needed, shared by all windows, and stopped when\nnone has used it for ten minutes.",
                    "items": {
                      "type": "string"
                    },
                    "type": "array"
                  },
                  "training": {
                    "description": "`\"allow\"` sends it code although it may train on it, or although nobody knows.",
                    "enum": [
                      "never",
                      "allow",
                      null
                    ],
                    "type": [
                      "string",
                      "null"
                    ]
                  },
                  "url": {
                    "description": "Where it answers, if not where its kind usually does: up to and with `/v1`, without the route\nof a request. `http://` is for this machine only.",
                    "type": [
                      "string",
                      "null"
                    ]
                  }
                },
                "required": [
                  "name",
                  "kind"
                ],
                "type": "object"
              },
              "type": "array"
            },
            "route": {
              "additionalProperties": false,
              "default": {
                "a_second": 0.002,
                "complete": [],
                "edit": [],
                "explain": [],
                "learn": true,
                "prefer": "cheapest",
                "spill": true,
                "training": "never"
              },
              "description": "Who is asked. The list holds groups, best first; the models of a group are equals, and the best\nvalue among them answers: `[[\"home/qwen\", \"deepseek/deepseek-v4-flash\"], [\"anthropic/sonnet\"]]`.\nA provider's name alone means all its models. Left out, models are asked by how able they are.",
              "properties": {
                "a_second": {
                  "default": 0.002,
                  "description": "Dollars that one second less of waiting is worth to you; 0 looks at the price alone.",
                  "format": "double",
                  "maximum": 1000000,
                  "minimum": 0,
                  "type": "number"
                },
                "complete": {
                  "default": [],
                  "description": "For ghost text. Left out, models that fill holes come first, then chat models, which complete at the\nend of a line while you type. A chat model that is named here completes anywhere, also one that reasons\nfirst or searches the web.",
                  "items": {
                    "anyOf": [
                      {
                        "type": "string"
                      },
                      {
                        "items": {
                          "type": "string"
                        },
                        "type": "array"
                      }
                    ],
                    "description": "One model or several that are equals."
                  },
                  "type": "array"
                },
                "edit": {
                  "default": [],
                  "description": "For code that is changed or written.",
                  "items": {
                    "anyOf": [
                      {
                        "type": "string"
                      },
                      {
                        "items": {
                          "type": "string"
                        },
                        "type": "array"
                      }
                    ],
                    "description": "One model or several that are equals."
                  },
                  "type": "array"
                },
                "explain": {
                  "default": [],
                  "description": "For explanations, questions, reviews and commit messages.",
                  "items": {
                    "anyOf": [
                      {
                        "type": "string"
                      },
                      {
                        "items": {
                          "type": "string"
                        },
                        "type": "array"
                      }
                    ],
                    "description": "One model or several that are equals."
                  },
                  "type": "array"
                },
                "learn": {
                  "default": true,
                  "description": "Whether models whose answers you keep count as cheaper.",
                  "type": "boolean"
                },
                "prefer": {
                  "default": "cheapest",
                  "description": "What counts within a group: `\"cheapest\"`, `\"fastest\"`, or `\"listed\"` for your own order.",
                  "enum": [
                    "cheapest",
                    "fastest",
                    "listed"
                  ],
                  "type": "string"
                },
                "spill": {
                  "default": true,
                  "description": "Whether a later group is asked when the earlier ones cannot answer.",
                  "type": "boolean"
                },
                "training": {
                  "default": "never",
                  "description": "`\"never\"` leaves out whoever trains on what it is sent, or may; `\"allow\"` asks them too.",
                  "enum": [
                    "never",
                    "allow"
                  ],
                  "type": "string"
                }
              },
              "type": "object"
            },
            "workspace": {
              "default": [],
              "items": {
                "additionalProperties": false,
                "description": "A folder that is treated more strictly than the others.",
                "properties": {
                  "only": {
                    "description": "Providers that code below it may be sent to; `[]` means none.",
                    "items": {
                      "type": "string"
                    },
                    "type": "array"
                  },
                  "path": {
                    "description": "The folder; `~` is your own.",
                    "type": "string"
                  }
                },
                "required": [
                  "path",
                  "only"
                ],
                "type": "object"
              },
              "type": "array"
            }
          },
          "title": "Config",
          "type": "object"
        }"#]].assert_eq(&serde_json::to_string_pretty(&schema).unwrap());
}

#[test]
fn the_manual_says_what_the_doc_comments_say() {
    expect_file!["../../editors/CONFIGURATION.md"].assert_eq(&manual());
}

/// The page of settings: each with its default and its doc comment.
fn manual() -> String {
    let schema = schema::schema().to_value();
    let defaults = serde_json::to_value(Config::default()).unwrap();
    let mut page = MANUAL.to_owned();
    for (group, settings) in schema["properties"].as_object().unwrap() {
        let is_list = settings["type"] == "array";
        let rows = is_list && settings["items"]["type"] == "object";
        let title = match (is_list, rows) {
            (_, true) => format!("[[{group}]]"),
            (true, false) => group.clone(),
            (false, false) => format!("[{group}]"),
        };
        let about = if rows { &settings["items"] } else { settings };
        page += &format!("\n## `{title}`\n\n{}\n", said(about));
        page += &entries(&defaults[group], about, "");
    }
    page
}

/// The settings of a group or a row, each a line, and below it those it consists of.
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
        format!("{indent}- `{name}{default}`: {}\n{}", said(schema), inner.unwrap_or_default())
    });
    format!("{}{}", if indent.is_empty() { "\n" } else { "" }, lines.collect::<String>())
}

fn said(schema: &serde_json::Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ")
}

const MANUAL: &str = "\
# Settings

None are needed. Generated from the doc comments of `src/config.rs`; `understudy config schema` prints the same as a JSON
schema, `understudy config show` the settings that hold and who set them, `understudy config check` what is wrong.

Three places are read:

1. `~/.config/understudy/config.toml`, or the same below `$XDG_CONFIG_HOME`; `%APPDATA%\\understudy\\config.toml` on Windows,
   `~/Library/Application Support/understudy/config.toml` on macOS; or the file that `--config` names.
2. `.understudy.toml` at a workspace's root, for that root alone. It may turn off and forbid, and nothing else.
3. What the editor says: `initializationOptions`, or its settings' section `understudy`, with the same keys as JSON. It may
   not turn on what is turned off.
";

/// The editor's own settings page holds what an editor may say, and nothing else.
#[test]
fn vs_code_offers_what_the_doc_comments_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/vscode/package.json");
    let text = fs::read_to_string(&path).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    let properties = &mut manifest["contributes"]["configuration"]["properties"];
    let ours = ["understudy.path", "understudy.trace.server"];
    let mut expected: serde_json::Map<_, _> = properties.as_object().unwrap().clone();
    expected.retain(|key, _| ours.contains(&key.as_str()));
    let schema = schema::schema().to_value();
    offered(&schema, &serde_json::to_value(Config::default()).unwrap(), "", &mut expected);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        *properties = expected.into();
        fs::write(&path, serde_json::to_string_pretty(&manifest).unwrap() + "\n").unwrap();
    } else {
        assert_eq!(*properties, serde_json::Value::Object(expected));
    }
}

fn offered(
    schema: &serde_json::Value,
    defaults: &serde_json::Value,
    group: &str,
    all: &mut serde_json::Map<String, serde_json::Value>,
) {
    for (name, setting) in schema["properties"].as_object().into_iter().flatten() {
        let key = format!("{group}{name}");
        if Origin::Editor.right(&key) == source::Right::Nothing {
            continue;
        }
        if setting["properties"].is_object() {
            offered(setting, &defaults[name], &format!("{key}."), all);
            continue;
        }
        let mut entry = json!({ "default": defaults[name], "markdownDescription": said(setting) });
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

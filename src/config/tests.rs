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
        [cache]
        megabytes = 8                       # default

        [complete]
        languages = {}                      # default
        trigger = "automatic"               # default

        [embedded]
        enabled = true                      # default
        invoked_threshold = 0.5             # default
        threshold = 0.7                     # default
        tokens = 8000000                    # default

        [index]
        enabled = true                      # default
        forbid = []                         # default
        max_file_kb = 400                   # default
        max_files = 100000                  # default

        [log]
        level = "info"                      # default
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
            megabytes = 0                       # /home/config.toml:16
            languages = { markdown = false, "objective-c++" = true } # /home/config.toml:9
            trigger = "manual"                  # /home/config.toml:8
            enabled = false                     # /home/config.toml:3
            invoked_threshold = 1               # /home/config.toml:5
            threshold = 0.9                     # /home/config.toml:4
            tokens = 1000000                    # /home/config.toml:6
            enabled = false                     # /home/config.toml:11
            forbid = ["secret/**", "*.sql"]     # /home/config.toml:12
            max_file_kb = 100                   # /home/config.toml:13
            max_files = 50                      # /home/config.toml:14
            level = "debug"                     # /home/config.toml:18
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
        "#,
        expect![[r#"
            forbid = ["fine"]                   # /home/config.toml:8
            /home/config.toml:2: embedded.enabled must be true or false, not "yes"
            /home/config.toml:3: embedded.threshold must be a number from 0 to 1, not 7
            /home/config.toml:4: embedded.tokens must be a whole number from 0 to 4294967295, not -1
            /home/config.toml:5: complete.trigger must be one of "automatic", "manual", not "often"
            /home/config.toml:6: complete.languages.rust must be true or false, not "off"
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
            "complete": {
              "additionalProperties": false,
              "default": {
                "languages": {},
                "trigger": "automatic"
              },
              "description": "When suggestions are made, and where.",
              "properties": {
                "languages": {
                  "additionalProperties": {
                    "type": "boolean"
                  },
                  "default": {},
                  "description": "Languages to switch off, by the name your editor gives them: `{ markdown = false }`. A\nlanguage that is not named here is on.",
                  "type": "object"
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
                "threshold": 0.7,
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
                "threshold": {
                  "default": 0.7,
                  "description": "How sure it must be to suggest while you type, from 0 to 1. Higher shows less, and less\nthat is wrong: in measurements .7 saved 36 % of the keys typed, .9 saved 27 % with a third\nof the wrong ones.",
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
        page += &format!("\n## `[{group}]`\n\n{}\n\n", said(settings));
        for (name, setting) in settings["properties"].as_object().unwrap() {
            let default = toml::Value::try_from(&defaults[group][name]).unwrap();
            let default = default.to_string().trim().to_owned();
            let default = if default.is_empty() { "{}".to_owned() } else { default };
            page += &format!("- `{name} = {default}`: {}\n", said(setting));
        }
    }
    page
}

fn said(schema: &serde_json::Value) -> String {
    schema["description"].as_str().unwrap().replace('\n', " ")
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

//! The built program as a user runs it, except for the server, which has its own tests.

use std::fs;
use std::process::Command;
use std::time::{Duration, SystemTime};

use expect_test::expect;
use serde_json::json;
use tokio::runtime;
use understudy::models::price::money::Money;
use understudy::models::token_usage::Usage;
use understudy::usage;
use understudy::usage::record::{
    Call, CallId, CallMarks, CandidateRecord, Decision, SentRecord, Silent,
};
use understudy::usage::{Ledger, Reservation, record};

use crate::support::cli::{CONFIG, Home};
use crate::support::stage::plant;
use crate::support::upstream::Upstream;
use crate::support::upstream::script::Script;

#[test]
fn every_command_has_help() {
    let home = Home::new();
    for command in [
        &[][..],
        &["serve"],
        &["config"],
        &["config", "check"],
        &["complete"],
        &["act"],
        &["ask"],
        &["commit-message"],
        &["review"],
        &["benchmark"],
        &["demo"],
        &["doctor"],
        &["setup"],
        &["helix-config"],
        &["log"],
        &["completions"],
        &["prices"],
        &["usage"],
        &["why"],
        &["sent"],
    ] {
        let outcome = home.run("project", &[command, &["--help"]].concat());
        assert_eq!(outcome.code, Some(0), "{command:?}");
        assert!(outcome.out.contains("Usage: understudy"), "{command:?}");
        assert!(!outcome.out.contains('\x1b'), "a pipe gets no colours: {command:?}");
    }
    home.check(
        &["--version"],
        0,
        expect![[r#"
        understudy 0.1.0
    "#]],
    );
}

#[test]
fn wrong_usage_exits_with_2_and_prints_only_to_stderr() {
    let home = Home::new();
    for args in
        [&["confg"][..], &["config"], &["--socket", "no"], &["log", "--tail", "-1"], &["--x"]]
    {
        let outcome = home.run("project", args);
        assert_eq!((outcome.code, outcome.out.as_str()), (Some(2), ""), "{args:?}");
        assert!(outcome.err.contains("Usage:") || outcome.err.contains("--help"), "{args:?}");
    }
}

#[test]
fn doctor_shows_the_limits_price_and_terms_of_each_model() {
    let home = Home::new();
    let runtime = runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let _entered = runtime.enter();
    let answer = Script::cassette("openai/one_line.sse")
        .header("x-ratelimit-limit-requests", "60")
        .header("x-ratelimit-remaining-requests", "59")
        .header("x-ratelimit-limit-tokens", "40000")
        .header("x-ratelimit-remaining-tokens", "39000");
    let upstream = Upstream::start([Script::status(404), answer]);
    home.write(
        CONFIG,
        &format!(
            "[[provider]]\nname = 'far'\nkind = 'openai-compatible'\nurl = '{}'\n\
             models = [{{ id = 'm', class = 'large', price = {{ input = 0.3, output = 1.2 }} }}]\n\
             [[provider]]\nname = 'home'\nkind = 'llama-cpp'\nurl = 'http://127.0.0.1:1'\n\
             start = ['sh', '-c', 'echo no such model; exit 4']\n",
            upstream.url()
        ),
    );
    let told = home.run("project", &["doctor", "--json"]);
    assert_eq!(told.code, Some(0), "{}", told.err);
    let told: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    let (far, home_) = (&told["targets"][0], &told["targets"][1]);
    assert_eq!((&far["trouble"], &far["class"]), (&json!(null), &json!("large")));
    assert_eq!((&far["input"], &far["output"]), (&json!(0.3), &json!(1.2)));
    assert_eq!((&far["requests_left"], &far["tokens_left"]), (&json!(59), &json!(39000)));
    let trouble = home_["trouble"].as_str().unwrap();
    assert!(trouble.contains("no such model") && trouble.contains('4'), "{trouble}");
    let shown = home.run("project", &["doctor"]).out;
    for part in ["59 requests, 39000 tokens", "$0.3", "large", "no such model"] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
}

#[test]
fn doctor_says_how_long_a_suggestion_takes_and_why() {
    let home = Home::new();
    book(&home);
    home.write(
        CONFIG,
        "[[provider]]\nname = 'acme'\nkind = 'vllm'\nurl = 'http://127.0.0.1:1'\nmodels = ['small']\n",
    );
    let shown = home.run("project", &["doctor"]).out;
    let expected = "acme/small: about 0.5 s per suggestion in the last day: it reads 7143 tokens per second, \
        25 % of the prompts came from a cache\n";
    assert!(shown.contains(expected), "{shown}");
}

#[test]
fn config_check_reports_each_problem_with_its_line() {
    let home = Home::new();
    home.check(
        &["config", "check"],
        0,
        expect![[r#"
        ~/config/understudy/config.toml: does not exist, defaults apply
    "#]],
    );
    home.write("config/understudy/config.toml", "[embeded]\nenabled = false\n");
    home.write("project/.understudy.toml", "log.level = 'off'\n");
    home.check(&["config", "check"], 1, expect![[r#"
        ~/config/understudy/config.toml:2: unknown key "embeded.enabled", did you mean "embedded.enabled"?
        ~/project/.understudy.toml:1: log.level: a workspace's file may only turn off or forbid
    "#]]);
    home.check(
        &["config", "check", "--json"],
        1,
        expect![[r#"
            [
              {
                "level": "error",
                "source": "~/config/understudy/config.toml",
                "line": 2,
                "message": "unknown key \"embeded.enabled\", did you mean \"embedded.enabled\"?"
              },
              {
                "level": "error",
                "source": "~/project/.understudy.toml",
                "line": 1,
                "message": "log.level: a workspace's file may only turn off or forbid"
              }
            ]
        "#]],
    );
    home.check(
        &["config", "check", ".understudy.toml"],
        1,
        expect![[r#"
        ~/project/.understudy.toml:1: log.level: a workspace's file may only turn off or forbid
    "#]],
    );
    home.check(
        &["config", "check", "none.toml"],
        1,
        expect![[r#"
            none.toml: file not found
        "#]],
    );
    home.write("project/mine.toml", "embedded = 'eager'\n");
    home.check(
        &["config", "check", "mine.toml"],
        0,
        expect![[r#"
        mine.toml: no problems found
    "#]],
    );
}

#[test]
fn config_check_names_the_replacement_of_old_keys_and_succeeds() {
    let home = Home::new();
    let old = "[embedded]\npreempt = 0.9\n[limit]\nhover.usd = 0.001\n";
    home.write("config/understudy/config.toml", old);
    home.write("project/.understudy.toml", "embedded.enabled = false\n");
    home.check(&["config", "check"], 0, expect![[r#"
        ~/config/understudy/config.toml:2: `embedded.preempt` still works; `embedded = "eager"` replaces it
        ~/config/understudy/config.toml:4: `limit.hover.usd` still works; `limit.complete.usd` replaces it
        ~/project/.understudy.toml:1: `embedded.enabled` still works; `embedded = "off"` replaces it
    "#]]);
    home.check(
        &["config", "check", "--json", ".understudy.toml"],
        0,
        expect![[r#"
        [
          {
            "level": "note",
            "source": "~/project/.understudy.toml",
            "line": 1,
            "message": "`embedded.enabled` still works; `embedded = \"off\"` replaces it"
          }
        ]
    "#]],
    );
    home.write("config/understudy/config.toml", &format!("{old}zzz = 1\n"));
    assert_eq!(home.run("project", &["config", "check"]).code, Some(1));
}

#[test]
fn config_path_prints_the_path_even_without_a_file() {
    let home = Home::new();
    let outcome = home.run("", &["config", "path"]);
    expect![[r#"
        ~/config/understudy/config.toml
    "#]]
    .assert_eq(&outcome.out);
}

#[test]
fn config_show_prints_the_origin_of_each_setting() {
    let home = Home::new();
    home.write("config/understudy/config.toml", "embedded.threshold = 0.9\n");
    home.write("project/.understudy.toml", "index.forbid = ['*.sql']\n");
    let outcome = home.run("project/src", &["config", "show"]);
    expect![[r##"
        # ~/config/understudy/config.toml
        # ~/project/.understudy.toml

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

        [embedded]
        threshold = 0.9                     # ~/config/understudy/config.toml:1

        [http]
        ask_above_usd = 1.0                 # default
        enabled = false                     # default
        origins = []                        # default
        port = 7717                         # default
        require_token = true                # default

        [index]
        enabled = true                      # default
        forbid = ["*.sql"]                  # ~/project/.understudy.toml:1

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
    "##]]
    .assert_eq(&outcome.out);
    home.check(
        &["config", "show", "--json", "--config", "none.toml"],
        0,
        expect![[r#"
            {
              "config": {
                "action": [],
                "actions": {
                  "check": {},
                  "review": "auto"
                },
                "cap": {
                  "usd_per_day": null,
                  "usd_per_month": null
                },
                "complete": {
                  "eagerness": "medium",
                  "languages": {},
                  "lines": "auto",
                  "trigger": "automatic"
                },
                "embedded": "normal",
                "hover": true,
                "http": {
                  "ask_above_usd": 1.0,
                  "enabled": false,
                  "origins": [],
                  "port": 7717,
                  "require_token": true
                },
                "index": {
                  "enabled": true,
                  "forbid": [
                    "*.sql"
                  ]
                },
                "limit": {
                  "complete": {
                    "total_ms": 2500,
                    "usd": 0.002
                  },
                  "edit": {
                    "ask_above_usd": 0.05
                  },
                  "next_edit": {
                    "usd": 0.005
                  }
                },
                "log": {
                  "level": "info"
                },
                "model": {
                  "source": null
                },
                "network": {
                  "ca_file": null,
                  "proxy": null
                },
                "next_edit": true,
                "only": [
                  "*"
                ],
                "provider": [],
                "route": {
                  "complete": [],
                  "edit": [],
                  "explain": [],
                  "next_edit": [],
                  "prefer": "cheapest",
                  "training": "never"
                },
                "workspace": []
              },
              "origins": {
                "index.forbid": "~/project/.understudy.toml:1"
              },
              "problems": [
                {
                  "source": "none.toml",
                  "line": null,
                  "message": "file not found"
                }
              ],
              "notes": []
            }
        "#]],
    );
}

#[test]
fn config_schema_is_json() {
    let outcome = Home::new().run("project", &["config", "schema"]);
    let schema: serde_json::Value = serde_json::from_str(&outcome.out).expect("it is JSON");
    let levels = json!(["off", "quiet", "normal", "eager"]);
    assert_eq!(schema["properties"]["embedded"]["anyOf"][0]["enum"], levels);
}

#[test]
fn log_shows_the_newest_lines() {
    let home = Home::new();
    let outcome = home.run("project", &["log"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (Some(1), ""));
    expect![[r#"
        understudy: no log in ~/state/understudy/log yet: the log starts when an editor starts the server
    "#]]
    .assert_eq(&outcome.err);
    home.write("state/understudy/log/understudy.2026-01-01.log", "one\ntwo\n");
    home.write("state/understudy/log/understudy.2026-01-02.log", "three\n");
    home.check(
        &["log", "--path"],
        0,
        expect![[r#"
        ~/state/understudy/log/understudy.2026-01-02.log
    "#]],
    );
    home.check(
        &["log", "--tail", "2"],
        0,
        expect![[r#"
        two
        three
    "#]],
    );
    home.check(
        &["log", "--tail", "1", "--json"],
        0,
        expect![[r#"
        {"lines":["three"],"path":"~/state/understudy/log/understudy.2026-01-02.log"}
    "#]],
    );
}

#[test]
fn helix_config_contains_the_languages_of_the_project() {
    let home = Home::new();
    let printed = home.run("project", &["helix-config"]);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert!(printed.out.contains("[\"rust-analyzer\", \"understudy\"]"), "{}", printed.out);
    let file = home.0.path().join("config/helix/languages.toml");
    assert!(!file.exists(), "without --write nothing is written");
    let written = home.run("project", &["helix-config", "--write"]);
    assert_eq!(written.out, "~/config/helix/languages.toml: rust\n");
    assert_eq!(fs::read_to_string(file).unwrap(), printed.out);
}

#[test]
fn the_manual_page_names_every_command() {
    let page = Home::new().run("project", &["man"]).out;
    assert!(page.contains(".TH understudy 1"), "{page}");
    for command in ["serve", "doctor", "helix\\-config"] {
        assert!(page.contains(command), "{command}: {page}");
    }
}

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let outcome = Home::new().run("project", &["completions", shell]);
        assert_eq!(outcome.code, Some(0));
        assert!(outcome.out.contains("understudy") && outcome.out.contains("config"), "{shell}");
    }
}

/// A project that repeats a line often enough to be suggested, and a file with its beginning.
fn repetitive() -> Home {
    let home = Home::new();
    let line = "    let total = prices.sum(of_all, orders);\n";
    for number in 0..8 {
        let text = format!("fn total_{number}() {{\n{}}}\n", line.repeat(40));
        home.write(&format!("project/src/total_{number}.rs"), &text);
    }
    home.write("project/src/new.rs", "fn all() {\n    let total = pri\n}\n");
    home.write("project/.env", "TOKEN = \"none of your business\"\n");
    home
}

#[test]
fn complete_prints_the_line_the_suggestion_and_its_source() {
    let home = repetitive();
    // A busy machine may cut the suggestion short: only its beginning is certain.
    let outcome = home.run("project", &["complete", "src/new.rs:2:20"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    let lines: Vec<&str> = outcome.out.lines().collect();
    assert_eq!(lines[0], "src/new.rs:2:20");
    assert!(lines[1].starts_with("    let total = prices"), "{}", lines[1]);
    assert!(lines[3].starts_with("embedded, "), "{}", lines[3]);
    assert!(lines[3].contains(" % sure, ") && lines[3].ends_with(" ms"), "{}", lines[3]);

    let outcome = home.run("project", &["complete", "--json", "src/new.rs:2:20"]);
    let answer: serde_json::Value = serde_json::from_str(&outcome.out).expect("JSON");
    assert_eq!(answer["suggestion"]["by"], "embedded");
    assert_eq!(answer["before"], "    let total = pri");
}

#[test]
fn complete_prints_the_reason_if_nothing_is_suggested() {
    let home = repetitive();
    let check = |place: &str, reason: &str| {
        let outcome = home.run("project", &["complete", place]);
        assert_eq!(outcome.code, Some(1), "{place}");
        assert!(outcome.out.contains(reason), "{place}: {}", outcome.out);
    };
    check("src/new.rs:2:6", "the cursor is inside a word");
    check(".env:1:40", "this file is excluded: .env (never sent: secrets)");
    let outcome = home.run("project", &["complete", "no/such.rs:1:1"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.err.starts_with("understudy: cannot open no/such.rs"), "{}", outcome.err);

    // A folder too small for the built-in model.
    home.write("other/new.rs", "fn zebra() {\n    let okapi = \n}\n");
    let (_runtime, _provider) = provider(&home, "```rust\n```");
    let outcome = home.run("other", &["complete", "new.rs:2:17"]);
    assert!(
        outcome.out.contains("a model answered, and nothing of its answer fits at the cursor"),
        "{}",
        outcome.out
    );
}

#[test]
fn demo_completes_lines_of_real_files_and_counts_correct_ones() {
    let home = repetitive();
    let outcome = home.run(".", &["demo", "project"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    assert!(outcome.out.contains("right "), "{}", outcome.out);
    assert!(outcome.out.contains("learned 3"), "{}", outcome.out);
    assert!(outcome.out.lines().last().is_some_and(|it| it.contains(" suggestions shown, ")));

    let outcome = home.run(".", &["demo", "--json", "project"]);
    let report: serde_json::Value = serde_json::from_str(&outcome.out).expect("JSON");
    let trials = report["trials"].as_array().expect("a list");
    let right = trials.iter().filter(|it| it["verdict"] == "right").count();
    assert!(right * 2 > trials.len(), "{right} of {}", trials.len());

    home.write("off/.understudy.toml", "index.enabled = false\n");
    let outcome = home.run(".", &["demo", "off"]);
    assert!(outcome.err.contains("`index.enabled` is false"), "{}", outcome.err);
    home.write("empty/README", "");
    let outcome = home.run(".", &["demo", "empty"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.err.contains("no source files in"), "{}", outcome.err);
}

/// A ledger with a call, a decision and the record of a sent prompt.
fn book(home: &Home) {
    let path = home.0.path().join("state/understudy").join(usage::FILE);
    let now = SystemTime::now();
    let call = Call {
        id: CallId::new(),
        at: now,
        provider: "acme".to_owned(),
        model: "small".to_owned(),
        feature: "complete".to_owned(),
        outcome: record::CallOutcome::Answered,
        attempt: 0,
        usage: Usage { prompt: 2000, cached: 500, output: 50, ..Usage::default() },
        money: Some(Money::from_picodollars(7_000_000_000)),
        estimated: false,
        first_token: Some(Duration::from_millis(210)),
        total: Duration::from_millis(480),
        marks: CallMarks { shown: true, accepted: true, kept: false },
    };
    let (reason, at) = ("cheapest".to_owned(), now - Duration::from_secs(30 * 60));
    let decision = Decision {
        at,
        feature: "complete".to_owned(),
        chosen: Some("acme/small".to_owned()),
        candidates: vec![CandidateRecord { target: "acme/small".to_owned(), reason }],
    };
    let sent = SentRecord {
        at,
        target: "acme/small".to_owned(),
        host: "api.acme.example".to_owned(),
        feature: "complete".to_owned(),
        files: vec!["src/main.rs".to_owned()],
        bytes: 4096,
    };
    let silent = |minutes: u64, count: u32, document: &str, reason: &str| Silent {
        id: record::random_id(),
        first: now - Duration::from_secs(200 * 60),
        last: now - Duration::from_secs(minutes * 60),
        count,
        document: document.to_owned(),
        reason: reason.to_owned(),
    };
    let silences = [
        silent(125, 1, "", "superseded by a newer request"),
        silent(10, 12, "src/main.rs", "the cursor is inside a word"),
    ];
    let runtime = runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let ledger = Ledger::open(path);
        ledger.book(Reservation::none(), call);
        ledger.decided(decision);
        ledger.sent(sent);
        silences.into_iter().for_each(|it| ledger.silent(it));
        ledger.settled().await;
    });
}

#[test]
fn usage_why_and_sent_report_an_empty_ledger() {
    let home = Home::new();
    home.check(
        &["usage"],
        0,
        expect![[r#"
        No requests in the last 30 days.
    "#]],
    );
    home.check(
        &["why"],
        0,
        expect![[r#"
        No requests yet.
    "#]],
    );
    home.check(
        &["sent"],
        0,
        expect![[r#"
        No request left this machine.
    "#]],
    );
    let broken = "state/understudy/ledger.sqlite";
    home.write(broken, "no database, though of a length at which one might take it for one");
    assert_eq!(home.run("project", &["usage"]).code, Some(1));
}

#[test]
fn usage_why_and_sent_print_what_a_server_recorded() {
    let home = Home::new();
    book(&home);
    let usage = home.run("project", &["usage", "--by", "provider"]).out;
    let line = usage.lines().find(|it| it.starts_with("acme")).unwrap();
    let cells: Vec<&str> = line.split_whitespace().collect();
    expect!["acme $0.007 ████████████████████ 1 0 0 2000 25 % 50 210/210 480/480 100 %"]
        .assert_eq(&cells.join(" "));
    home.check(
        &["sent"],
        0,
        expect![[r#"
        when        to          at                for       bytes  files
        30 min ago  acme/small  api.acme.example  complete   4096  src/main.rs
    "#]],
    );
    home.check(
        &["why"],
        0,
        expect![[r#"
        nothing shown in src/main.rs, 10 min ago, 12 times: the cursor is inside a word
        complete, 30 min ago: acme/small
          1. acme/small  cheapest
        nothing shown in a document without a file, 2 h ago: superseded by a newer request
    "#]],
    );
    home.check(
        &["why", "--last", "1"],
        0,
        expect![[r#"
        nothing shown in src/main.rs, 10 min ago, 12 times: the cursor is inside a word
        complete, 30 min ago: acme/small
          1. acme/small  cheapest
    "#]],
    );
    let json: serde_json::Value =
        serde_json::from_str(&home.run("project", &["why", "--json"]).out).unwrap();
    let silence = &json["silences"][0];
    assert_eq!(silence["reason"], "the cursor is inside a word");
    assert_eq!((&silence["count"], &silence["document"]), (&json!(12), &json!("src/main.rs")));
    for command in ["usage", "sent", "why"] {
        let outcome = home.run("project", &[command, "--json"]);
        assert!(serde_json::from_str::<serde_json::Value>(&outcome.out).is_ok(), "{command}");
    }
    home.check(
        &["usage", "--html", "usage.html"],
        0,
        expect![[r#"
        usage.html
    "#]],
    );
    let page = fs::read_to_string(home.0.path().join("project/usage.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("acme/small"));
}

#[test]
fn prices_are_printed_and_refreshed() {
    let home = Home::new();
    let outcome = home.run("project", &["prices", "claude-haiku-4-5", "--json"]);
    let entries: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    let known = entries.as_array().unwrap().iter().find(|it| it["provider"] == "anthropic");
    let known = known.unwrap();
    assert_eq!((&known["class"], &known["policy"]["trains"]), (&json!("small"), &json!("no")));
    assert_eq!(home.run("project", &["prices", "nobody's"]).code, Some(1));

    home.write(
        "project/newer.json",
        r#"{"mistral/x": {"litellm_provider": "mistral", "mode": "chat",
            "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}}"#,
    );
    home.check(
        &["prices", "--refresh", "newer.json"],
        0,
        expect![[r#"
        1 models, in ~/state/understudy/prices.tsv
    "#]],
    );
    let outcome = home.run("project", &["prices", "mistral/x"]);
    assert!(outcome.out.contains("$1       -      $2"), "{}", outcome.out);
    home.write("project/newer.json", "{}");
    assert_eq!(home.run("project", &["prices", "--refresh", "newer.json"]).code, Some(1));
}

/// A provider that answers every chat with `text`, and the settings that name it. Keep the runtime alive.
fn provider(home: &Home, text: &str) -> (runtime::Runtime, Upstream) {
    plant(&home.0.path().join("project"));
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let delta = serde_json::json!({ "choices": [{ "index": 0, "delta": { "content": text } }] });
    let end = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let script = Script::stream(format!("data: {delta}\n\n{end}"));
    let upstream = {
        let _entered = runtime.enter();
        Upstream::start([script])
    };
    let config = format!(
        "route.edit = [\"home/m\"]\n[[provider]]\nname = \"home\"\nkind = \"openai-compatible\"\n\
         url = \"{}\"\nmodels = [\"m\"]\n",
        upstream.url()
    );
    home.write("config/understudy/config.toml", &config);
    (runtime, upstream)
}

const AREA: &str = "def area(w, h):\n    a = w * h\n    return a\n";

#[test]
fn act_prints_a_diff_and_writes_the_file_on_request() {
    let home = Home::new();
    home.write("project/area.py", AREA);
    let _provider = provider(&home, "```python\ndef area(w, h):\n    return w * h\n```");
    let shown = home.run("project", &["act", "simplify", "area.py:1-3", "--diff"]);
    assert_eq!(shown.out, " def area(w, h):\n-    a = w * h\n-    return a\n+    return w * h\n");
    assert!(shown.err.starts_with("home/m, $0.00, "), "{}", shown.err);
    let read = || fs::read_to_string(home.0.path().join("project/area.py")).expect("it is there");
    assert_eq!(read(), AREA);
    home.run("project", &["act", "simplify", "area.py:2", "--write"]);
    assert_eq!(read(), "def area(w, h):\n    return w * h\n");
}

#[test]
fn act_finds_the_test_file_of_a_project_without_a_repository() {
    let home = Home::new();
    home.write("project/pom.xml", "<project/>\n");
    let source = "class Area {\n    int area(int w) {\n        return w;\n    }\n}\n";
    home.write("project/src/main/java/a/Area.java", source);
    let test =
        "class AreaTest {\n    @Test\n    void area() {\n        new Area().area(1);\n    }\n}\n";
    let _provider = provider(&home, &format!("```java\n{test}```"));
    home.run("project/src/main/java/a", &["act", "test", "Area.java:2-4", "--write"]);
    let path = home.0.path().join("project/src/test/java/a/AreaTest.java");
    assert_eq!(fs::read_to_string(path).unwrap(), test);
}

#[test]
fn act_prints_an_answer_as_text_or_json() {
    let home = Home::new();
    home.write("project/area.py", AREA);
    let _provider = provider(&home, "It multiplies.");
    assert_eq!(home.run("project", &["act", "explain", "area.py:1-3"]).out, "It multiplies.\n");
    let json = home.run("project", &["act", "explain", "area.py:1-3", "--json"]).out;
    assert_eq!(json, "{\"by\":\"home/m\",\"done\":{\"answer\":\"It multiplies.\"},\"usd\":0.0}\n");
    let wrong = home.run("project", &["act", "explain", "area.py:1-3", "--write"]);
    assert_eq!((wrong.code, wrong.out), (Some(1), "It multiplies.\n".to_owned()));
    let unknown = home.run("project", &["act", "fly", "area.py:1-3"]);
    assert_eq!((unknown.code, &*unknown.err), (Some(1), "understudy: unknown action fly\n"));
    assert_eq!(home.run("project", &["act", "explain", "area.py:3-1"]).code, Some(2));
}

#[test]
fn ask_sends_the_named_files_but_no_excluded_one() {
    let home = Home::new();
    home.write("project/area.py", AREA);
    home.write("project/.env", "KEY=1\n");
    let (_runtime, upstream) = provider(&home, "Yes.");
    assert_eq!(home.run("project", &["ask", "Is it right?", "area.py"]).out, "Yes.\n");
    let asked = String::from_utf8_lossy(&upstream.requests()[0].body).into_owned();
    assert!(asked.contains("a = w * h") && asked.contains("Is it right?"), "{asked}");
    let refused = home.run("project", &["ask", "And this?", ".env"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("this file is excluded"), "{}", refused.err);
    assert_eq!(upstream.hits(), 1);
}

#[test]
fn a_projects_rules_are_sent_with_actions_and_questions_and_listed_by_sent() {
    let home = Home::new();
    home.write("project/area.py", AREA);
    home.write("project/AGENTS.md", "# Style\nUse snake_case.\n");
    let (_runtime, upstream) = provider(&home, "Yes.");
    for asked in [
        &["ask", "Is it right?", "area.py"][..],
        &["act", "explain", "area.py:1-3"],
        &["act", "review", "area.py:1-3"],
    ] {
        let outcome = home.run("project", asked);
        assert!(upstream.hits() > 0, "{asked:?}: {}", outcome.err);
        let body = upstream.requests().pop().unwrap().body;
        assert!(String::from_utf8_lossy(&body).contains("Use snake_case."), "{asked:?}");
    }
    let sent = home.run("project", &["sent", "--json"]).out;
    let sent: serde_json::Value = serde_json::from_str(&sent).unwrap();
    let sent = sent.as_array().unwrap();
    assert!(sent.len() >= 3, "{sent:?}");
    assert!(sent.iter().all(|it| it["files"].to_string().contains("\"AGENTS.md\"")), "{sent:?}");
    // A question without a file contains nothing of the folder.
    home.run("project", &["ask", "What is a monad?"]);
    let body = upstream.requests().pop().unwrap().body;
    assert!(!String::from_utf8_lossy(&body).contains("Use snake_case."));
}

#[test]
fn ask_and_act_fail_if_the_answer_is_empty() {
    for text in ["", " \n", "\u{200b}\u{7}", "\u{202e} \n"] {
        let home = Home::new();
        home.write("project/area.py", AREA);
        let _provider = provider(&home, text);
        for asked in [
            &["ask", "Is it right?"][..],
            &["ask", "Is it right?", "--json"],
            &["act", "explain", "area.py:1-3"],
            &["act", "explain", "area.py:1-3", "--json"],
            &["act", "simplify", "area.py:1-3"],
            &["act", "review", "area.py:1-3"],
            &["act", "test", "area.py:1-3"],
        ] {
            let outcome = home.run("project", asked);
            assert_eq!((outcome.code, &*outcome.out), (Some(1), ""), "{text:?}, {asked:?}");
            assert!(!outcome.err.is_empty(), "{text:?}, {asked:?}");
        }
    }
}

#[test]
fn act_writes_tests_with_the_line_ends_of_their_file() {
    let home = Home::new();
    home.write("project/area.py", AREA);
    home.write("project/tests/test_area.py", "def test_one():\r\n    assert area(1, 1)\r\n");
    let _provider = provider(&home, "```python\ndef test_two():\n    assert area(2, 1)\n```");
    let outcome = home.run("project", &["act", "test", "area.py:1-3", "--write"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    let text = fs::read_to_string(home.0.path().join("project/tests/test_area.py")).unwrap();
    let expected = "def test_one():\r\n    assert area(1, 1)\r\n\r\ndef test_two():\r\n    assert area(2, 1)\r\n";
    assert_eq!(text, expected);
}

#[test]
fn commit_message_prints_a_message_for_staged_changes() {
    let home = Home::new();
    home.write("project/area.py", AREA);
    let git = |words: &str| {
        let mut command = Command::new("git");
        command.current_dir(home.0.path().join("project")).args(words.split(' '));
        assert!(command.status().expect("git runs").success(), "{words}");
    };
    git("init -q");
    let (_runtime, upstream) = provider(&home, "Compute areas");
    let nothing = home.run("project", &["commit-message"]);
    assert_eq!(nothing.code, Some(1));
    assert_eq!(nothing.err, "understudy: no staged changes, or every staged file is excluded\n");
    git("add area.py");
    assert_eq!(home.run("project", &["commit-message"]).out, "Compute areas\n");
    let asked = String::from_utf8_lossy(&upstream.requests()[0].body).into_owned();
    assert!(asked.contains("+def area(w, h):"), "{asked}");
}

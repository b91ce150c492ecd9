//! `understudy why`: which models were used, why others were not, and why nothing was shown.

use std::io;
use std::io::Write;
use std::process::ExitCode;
use std::time::SystemTime;

use anstyle::Style;
use serde_json::{Value, json};

use crate::cli;
use crate::cli::Common;
use crate::cli::term::moment;
use crate::usage::record::{Cooldown, Decision, Silent};

const BOLD: Style = Style::new().bold();

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Number of requests, and of reasons why nothing was shown
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub last: u32,
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    let now = SystemTime::now();
    let (decisions, silences, cooldowns) = match cli::ledger()? {
        Some(ledger) => (
            ledger.decisions(args.last)?,
            ledger.silences(None, args.last)?,
            ledger.cooldowns(now)?,
        ),
        None => Default::default(),
    };
    let mut out = anstream::stdout().lock();
    if common.json {
        let decisions: Vec<Value> = decisions.iter().map(decision).collect();
        let silences: Vec<Value> = silences.iter().map(silence).collect();
        let cooldowns: Vec<Value> = cooldowns.iter().map(cooldown).collect();
        let all = json!({ "decisions": decisions, "silences": silences, "cooldowns": cooldowns });
        writeln!(out, "{}", serde_json::to_string_pretty(&all)?)?;
    } else {
        show(&mut out, &decisions, &silences, &cooldowns, now)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints decisions and silences by time, newest first; then the current cooldowns.
fn show(
    out: &mut impl Write,
    decisions: &[Decision],
    silences: &[Silent],
    cooldowns: &[Cooldown],
    now: SystemTime,
) -> io::Result<()> {
    if decisions.is_empty() && silences.is_empty() {
        writeln!(out, "No requests yet.")?;
    }
    let mut silences = silences.iter().peekable();
    for decision in decisions {
        while let Some(silence) = silences.next_if(|it| it.last >= decision.at) {
            show_silence(out, silence, now)?;
        }
        show_decision(out, decision, now)?;
    }
    for silence in silences {
        show_silence(out, silence, now)?;
    }
    for cooldown in cooldowns {
        let until = match cooldown.until {
            Some(until) => moment::left(until, now),
            None => "until your config changes".to_owned(),
        };
        let (target, reason) = (moment::plain(&cooldown.target), moment::plain(&cooldown.reason));
        writeln!(out, "{BOLD}{target}{BOLD:#} is not used {until}: {reason}")?;
    }
    Ok(())
}

fn show_decision(out: &mut impl Write, decision: &Decision, now: SystemTime) -> io::Result<()> {
    let when = moment::ago(decision.at, now);
    let chosen = decision.chosen.as_deref().unwrap_or("no model answered");
    writeln!(out, "{BOLD}{}{BOLD:#}, {when}: {}", decision.feature, moment::plain(chosen))?;
    let width = decision.candidates.iter().map(|it| it.target.chars().count()).max();
    let width = width.unwrap_or_default();
    for (place, candidate) in decision.candidates.iter().enumerate() {
        let target = moment::plain(&candidate.target);
        let reason = moment::plain(&candidate.reason);
        writeln!(out, "  {}. {target:width$}  {reason}", place + 1)?;
    }
    Ok(())
}

fn show_silence(out: &mut impl Write, silence: &Silent, now: SystemTime) -> io::Result<()> {
    let document = match silence.document.as_str() {
        "" => "a document without a file".to_owned(),
        document => moment::plain(document),
    };
    let when = moment::ago(silence.last, now);
    let times = match silence.count {
        0 | 1 => String::new(),
        count => format!(", {count} times"),
    };
    let reason = moment::plain(&silence.reason);
    writeln!(out, "{BOLD}nothing shown{BOLD:#} in {document}, {when}{times}: {reason}")
}

fn silence(silence: &Silent) -> Value {
    json!({
        "first": moment::utc(silence.first),
        "last": moment::utc(silence.last),
        "count": silence.count,
        "document": silence.document,
        "reason": silence.reason,
    })
}

fn decision(decision: &Decision) -> Value {
    json!({
        "at": moment::utc(decision.at),
        "feature": decision.feature,
        "chosen": decision.chosen,
        "candidates": decision.candidates,
    })
}

fn cooldown(cooldown: &Cooldown) -> Value {
    json!({
        "target": cooldown.target,
        "since": moment::utc(cooldown.since),
        "until": cooldown.until.map(moment::utc),
        "reason": cooldown.reason,
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use anstream::StripStream;
    use expect_test::expect;

    use super::*;
    use crate::usage::record::CandidateRecord;

    #[test]
    fn every_target_and_every_silence_has_its_reason() {
        let now = UNIX_EPOCH + Duration::from_secs(1_795_608_000);
        let candidate = |target: &str, reason: &str| CandidateRecord {
            target: target.to_owned(),
            reason: reason.to_owned(),
        };
        let decision = Decision {
            at: now - Duration::from_secs(30),
            feature: "complete".to_owned(),
            chosen: Some("home/qwen".to_owned()),
            candidates: vec![
                candidate("deepseek/v4", "rate-limited for 20 s"),
                candidate("home/qwen", "free, answered in 210 ms"),
            ],
        };
        let cooldown = Cooldown {
            target: "deepseek".to_owned(),
            since: now,
            until: Some(now + Duration::from_secs(20)),
            settings: String::new(),
            reason: "rate-limited".to_owned(),
            key: None,
        };
        let silent = |seconds: u64, count: u32, document: &str, reason: &str| Silent {
            id: 0,
            first: now - Duration::from_secs(400),
            last: now - Duration::from_secs(seconds),
            count,
            document: document.to_owned(),
            reason: reason.to_owned(),
        };
        let silences = [
            silent(10, 1, "src/main.rs", "the cursor is inside a word"),
            silent(60, 12, "", "superseded by a newer request"),
        ];
        let mut out = StripStream::new(Vec::new());
        show(&mut out, &[decision], &silences, &[cooldown], now).unwrap();
        expect![[r#"
            nothing shown in src/main.rs, 10 s ago: the cursor is inside a word
            complete, 30 s ago: home/qwen
              1. deepseek/v4  rate-limited for 20 s
              2. home/qwen    free, answered in 210 ms
            nothing shown in a document without a file, 60 s ago, 12 times: superseded by a newer request
            deepseek is not used for 20 s: rate-limited
        "#]]
        .assert_eq(&String::from_utf8(out.into_inner()).unwrap());
    }
}

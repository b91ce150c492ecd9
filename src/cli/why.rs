//! `understudy why`: who was asked of late, and why not the others.

use std::io;
use std::io::Write;
use std::process::ExitCode;
use std::time::SystemTime;

use anstyle::Style;
use serde_json::Value;
use serde_json::json;

use crate::cli;
use crate::cli::Common;
use crate::cli::moment;
use crate::router::ledger::record::Decision;
use crate::router::ledger::record::Park;

const BOLD: Style = Style::new().bold();

#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many decisions to show
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub last: u32,
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    let now = SystemTime::now();
    let (decisions, parks) = match cli::ledger()? {
        Some(ledger) => (ledger.decisions(args.last)?, ledger.parks(now)?),
        None => (Vec::new(), Vec::new()),
    };
    let mut out = anstream::stdout().lock();
    if common.json {
        let decisions: Vec<Value> = decisions.iter().map(decision).collect();
        let parks: Vec<Value> = parks.iter().map(park).collect();
        let all = json!({ "decisions": decisions, "parks": parks });
        writeln!(out, "{}", serde_json::to_string_pretty(&all)?)?;
    } else {
        show(&mut out, &decisions, &parks, now)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show(
    out: &mut impl Write,
    decisions: &[Decision],
    parks: &[Park],
    now: SystemTime,
) -> io::Result<()> {
    if decisions.is_empty() {
        writeln!(out, "Nobody was asked yet.")?;
    }
    for decision in decisions {
        let when = moment::ago(decision.at, now);
        let chosen = decision.chosen.as_deref().unwrap_or("nobody answered");
        writeln!(out, "{BOLD}{}{BOLD:#}, {when}: {}", decision.feature, moment::plain(chosen))?;
        let width = decision.candidates.iter().map(|it| it.target.chars().count()).max();
        let width = width.unwrap_or_default();
        for (place, candidate) in decision.candidates.iter().enumerate() {
            let target = moment::plain(&candidate.target);
            let reason = moment::plain(&candidate.reason);
            writeln!(out, "  {}. {target:width$}  {reason}", place + 1)?;
        }
    }
    for park in parks {
        let until = match park.until {
            Some(until) => moment::left(until, now),
            None => "until your config changes".to_owned(),
        };
        let (target, reason) = (moment::plain(&park.target), moment::plain(&park.reason));
        writeln!(out, "{BOLD}{target}{BOLD:#} is not asked {until}: {reason}")?;
    }
    Ok(())
}

fn decision(decision: &Decision) -> Value {
    json!({
        "at": moment::utc(decision.at),
        "feature": decision.feature,
        "chosen": decision.chosen,
        "candidates": decision.candidates,
    })
}

fn park(park: &Park) -> Value {
    json!({
        "target": park.target,
        "since": moment::utc(park.since),
        "until": park.until.map(moment::utc),
        "reason": park.reason,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;
    use std::time::UNIX_EPOCH;

    use anstream::StripStream;
    use expect_test::expect;

    use super::*;
    use crate::router::ledger::record::Candidate;

    #[test]
    fn every_target_has_its_reason() {
        let now = UNIX_EPOCH + Duration::from_secs(1_795_608_000);
        let candidate = |target: &str, reason: &str| Candidate {
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
        let park = Park {
            target: "deepseek".to_owned(),
            since: now,
            until: Some(now + Duration::from_secs(20)),
            settings: String::new(),
            reason: "rate-limited".to_owned(),
            key: None,
        };
        let mut out = StripStream::new(Vec::new());
        show(&mut out, &[decision], &[park], now).unwrap();
        expect![[r#"
            complete, 30 s ago: home/qwen
              1. deepseek/v4  rate-limited for 20 s
              2. home/qwen    free, answered in 210 ms
            deepseek is not asked for 20 s: rate-limited
        "#]]
        .assert_eq(&String::from_utf8(out.into_inner()).unwrap());
    }
}

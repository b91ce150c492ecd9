//! `understudy sent`: what left this machine, when, and to which provider.

use std::io::Write;
use std::process::ExitCode;
use std::time::SystemTime;

use serde_json::{Value, json};

use crate::cli;
use crate::cli::Common;
use crate::cli::term::moment;
use crate::cli::term::table::{Lean, Table};
use crate::usage::record::SentRecord;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Number of requests to show, newest first
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub last: u32,
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    let sent = match cli::ledger()? {
        Some(ledger) => ledger.sent(args.last)?,
        None => Vec::new(),
    };
    let mut out = anstream::stdout().lock();
    if common.json {
        let sent: Vec<Value> = sent.iter().map(value).collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&sent)?)?;
    } else if sent.is_empty() {
        writeln!(out, "No request left this machine.")?;
    } else {
        table(&sent, SystemTime::now()).write(&mut out)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn table(sent: &[SentRecord], now: SystemTime) -> Table {
    let mut table = Table::new(&[
        ("when", Lean::Left),
        ("to", Lean::Left),
        ("at", Lean::Left),
        ("for", Lean::Left),
        ("bytes", Lean::Right),
        ("files", Lean::Left),
    ]);
    for it in sent {
        table.row(vec![
            moment::ago(it.at, now),
            moment::plain(&it.target),
            moment::plain(&it.host),
            it.feature.clone(),
            it.bytes.to_string(),
            moment::plain(&it.files.join(", ")),
        ]);
    }
    table
}

fn value(sent: &SentRecord) -> Value {
    json!({
        "at": moment::utc(sent.at),
        "target": sent.target,
        "host": sent.host,
        "feature": sent.feature,
        "files": sent.files,
        "bytes": sent.bytes,
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use anstream::StripStream;
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_line_shows_time_recipient_and_files() {
        let now = UNIX_EPOCH + Duration::from_secs(1_795_608_000);
        let sent = SentRecord {
            at: now - Duration::from_secs(180),
            target: "deepseek/v4".to_owned(),
            host: "api.deepseek.com".to_owned(),
            feature: "complete".to_owned(),
            files: vec!["src/main.rs".to_owned(), "evil\x1b[2J.rs".to_owned()],
            bytes: 4096,
        };
        let mut out = StripStream::new(Vec::new());
        table(&[sent], now).write(&mut out).unwrap();
        expect![[r#"
            when       to           at                for       bytes  files
            3 min ago  deepseek/v4  api.deepseek.com  complete   4096  src/main.rs, evil�[2J.rs
        "#]]
        .assert_eq(&String::from_utf8(out.into_inner()).unwrap());
    }
}

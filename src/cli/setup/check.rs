//! Sends one small request to each provider, as `doctor` does.

use std::collections::BTreeSet;
use std::io::Write;

use crate::app;
use crate::cli::{Common, asking};
use crate::feature::doctor;
use crate::feature::doctor::DoctorFinding;
use crate::router::pool::Candidate;

/// Tests the first model of each provider, except those in `skipped`.
pub(super) fn run(
    out: &mut impl Write,
    common: &Common,
    skipped: &BTreeSet<String>,
) -> anyhow::Result<()> {
    let runtime = asking::runtime()?;
    let _entered = runtime.enter();
    let (models, _) = app::models(&common.start());
    let Some(models) = models else { return Ok(()) };
    let mut first = BTreeSet::new();
    let mut is_wanted =
        |it: &Candidate| !skipped.contains(it.provider()) && first.insert(it.provider().to_owned());
    let findings = runtime.block_on(async {
        models.ready().await;
        let findings = doctor::examine_some(&models, &mut is_wanted).await;
        models.router.ledger().settled().await;
        findings
    });
    show(out, &findings)
}

fn show(out: &mut impl Write, findings: &[DoctorFinding]) -> anyhow::Result<()> {
    writeln!(out)?;
    for it in findings {
        match (&it.trouble, it.first_token_ms) {
            (Some(trouble), _) => writeln!(out, "  no  {}: {trouble}", it.target)?,
            (None, Some(first)) => {
                writeln!(out, "  ok  {}: first token after {first} ms", it.target)?
            }
            (None, None) => writeln!(out, "  ok  {}", it.target)?,
        }
    }
    if findings.iter().any(|it| it.trouble.is_some()) {
        writeln!(out, "\n`understudy doctor` shows details of the models that did not answer.")?;
    }
    Ok(())
}

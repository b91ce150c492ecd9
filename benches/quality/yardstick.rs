//! The prototype, which the n-gram model is compared with, as a process on the same positions. Its
//! calibration is applied to its raw output here, with its published weights.

use std::path::Path;
use std::process::Command;

use anyhow::Context;

use super::Setup;
use super::corpus::Kind;
use super::report::{Row, Typed};
use super::typing::THRESHOLDS;

const MODEL: &str = "prototype";
const STEP: [f32; 16] = [
    -0.0324, 0.5918, 0.3719, -0.7673, -0.3095, 0.4845, 0.1099, 0.2428, -0.6111, 0.5256, -0.8164,
    -0.4053, -0.6772, 0.3102, 0.331, 0.9084,
];
const LINE: [f32; 12] = [
    0.824, 1.3505, -1.2003, -0.3866, 0.0011, 0.9306, -0.1917, -0.8472, -0.4392, 0.4402, 0.8569,
    -0.0191,
];
const COPY: [f32; 9] =
    [-1.1757, 1.3597, -0.2542, 1.9418, 1.4666, 0.2464, -0.9171, -0.8547, -5.7231];

/// Its calibrated hybrid at every position.
pub(crate) fn rest_of_line(binary: &Path, repo: &Path, setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let counts = [setup.files.to_string(), setup.positions.to_string(), "suffix".to_owned()];
    let output = ask(binary, "steps", repo, &counts)?;
    output.lines().map(|it| row(it).with_context(|| format!("cannot read `{it}`"))).collect()
}

/// Its hybrid while typing.
pub(crate) fn typing(binary: &Path, repo: &Path, setup: &Setup) -> anyhow::Result<Vec<Typed>> {
    let thresholds = THRESHOLDS.map(|it| it.to_string()).join(",");
    let arguments =
        [setup.files.to_string(), setup.lines.to_string(), thresholds, "Hybrid".to_owned()];
    let output = ask(binary, "type", repo, &arguments)?;
    output.lines().map(|it| typed(it).with_context(|| format!("cannot read `{it}`"))).collect()
}

fn ask(binary: &Path, what: &str, repo: &Path, arguments: &[String]) -> anyhow::Result<String> {
    let output = Command::new(binary).arg(what).arg(repo).args(arguments).output()?;
    anyhow::ensure!(output.status.success(), "{} {what} failed", binary.display());
    Ok(String::from_utf8(output.stdout)?)
}

fn row(line: &str) -> Option<Row> {
    let fields: Vec<&str> = line.split('\t').collect();
    let number = |at: usize| fields.get(at)?.parse::<f32>().ok();
    let kind = match *fields.get(3)? {
        "LineStart" => Kind::LineStart,
        "Boundary" => Kind::Boundary,
        _ => Kind::MidIdentifier,
    };
    let steps = fields.get(17)?.split(';').filter(|it| !it.is_empty());
    let steps: Vec<[f32; 9]> = steps.map(features).collect::<Option<_>>()?;
    let agrees = number(6)?;
    let log = match steps.is_empty() {
        true => -20.0,
        false => steps.iter().map(|it| logistic(STEP, widened(it)).ln()).sum(),
    };
    let (matched, exact, renamed) = (number(7)?, number(8)?, number(9)?);
    let (guess_length, copy_length) = (number(10)?, number(11)?);
    let line_start = flag(kind == Kind::LineStart);
    let first = steps.first().copied().unwrap_or_default();
    let guess = logistic(
        LINE,
        [
            1.0,
            log,
            agrees,
            (steps.len() as f32).ln_1p(),
            guess_length.ln_1p(),
            exact.ln_1p() * agrees,
            matched.ln_1p() * (1.0 - agrees),
            line_start,
            first[2] / 8.0,
            first[3] / 8.0,
            flag(steps.last().is_some_and(|it| it[6] == 2.0)),
            flag(kind == Kind::MidIdentifier),
        ],
    );
    let copy = logistic(
        COPY,
        [
            1.0,
            exact.ln_1p(),
            matched.ln_1p(),
            renamed.ln_1p(),
            agrees,
            log,
            copy_length.ln_1p(),
            line_start,
            flag(copy_length == 0.0),
        ],
    );
    let copied = copy > guess && agrees == 0.0;
    Some(Row {
        repo: fields.first()?.to_string(),
        file: number(1)? as usize,
        language: String::new(),
        model: MODEL.to_owned(),
        kind,
        right: number(if copied { 5 } else { 4 })? == 1.0,
        confidence: if copied { copy } else { guess },
        shown: Vec::new(),
        length: number(12)? as usize,
        micros: f64::from(number(15)? + number(16)?),
    })
}

/// Raw features of a step, without the outcome.
fn features(step: &str) -> Option<[f32; 9]> {
    let numbers: Vec<f32> = step.split(',').map(|it| it.parse().ok()).collect::<Option<_>>()?;
    numbers.get(..9)?.try_into().ok()
}

fn widened(step: &[f32; 9]) -> [f32; 16] {
    let [first, second, file, workspace, in_file, in_workspace, class, typed, line_start] = *step;
    [
        1.0,
        (first.max(1e-4) / (1.0 - first).max(1e-4)).ln(),
        second.max(1e-3).ln(),
        file.min(16.0) / 8.0,
        workspace.min(16.0) / 8.0,
        in_file,
        in_workspace,
        flag(class == 2.0),
        flag(class == 1.0),
        typed.min(6.0) / 3.0,
        line_start,
        flag(file > 0.0),
        flag(workspace > 0.0),
        file.ln_1p(),
        workspace.ln_1p(),
        first - second,
    ]
}

fn typed(line: &str) -> Option<Typed> {
    let fields: Vec<&str> = line.split('\t').collect();
    let number = |at: usize| fields.get(at)?.parse::<usize>().ok();
    let mut typed = Typed::new(fields.first()?, MODEL, fields.get(2)?.parse().ok()?);
    (typed.chars, typed.keys, typed.shown) = (number(3)?, number(4)?, number(5)?);
    (typed.right, typed.saved) = (number(6)?, number(7)?);
    typed.wrong =
        (fields.get(10)?.parse::<f64>().ok()? * typed.chars as f64 / 1000.0).round() as usize;
    typed.micros = vec![fields.get(11)?.parse().ok()?];
    Some(typed)
}

fn logistic<const N: usize>(weights: [f32; N], features: [f32; N]) -> f32 {
    let sum: f32 = weights.iter().zip(features).map(|(weight, it)| weight * it).sum();
    1.0 / (1.0 + (-sum).exp())
}

fn flag(it: bool) -> f32 {
    f32::from(u8::from(it))
}

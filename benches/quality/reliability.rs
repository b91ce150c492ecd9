//! Calibration of the model's confidence, by language and by kind of position.

use serde_json::{Value, json};

use super::corpus::Kind;
use super::report;
use super::report::{OURS, Row};

/// Lower bounds of the confidence bins.
pub(crate) const BINS: [f32; 6] = [0.0, 0.1, 0.3, 0.5, 0.7, 0.9];

const KINDS: [(Kind, &str); 3] = [
    (Kind::LineStart, "line start"),
    (Kind::Boundary, "boundary"),
    (Kind::MidIdentifier, "mid-identifier"),
];

/// All positions, then by kind, then by language.
pub(crate) fn rows(rows: &[Row], scope: &str) -> Vec<Value> {
    let ours: Vec<&Row> = report::within(rows, scope).filter(|it| it.model == OURS).collect();
    let mut languages: Vec<&str> = ours.iter().map(|it| it.language.as_str()).collect();
    languages.sort_unstable();
    languages.dedup();
    let mut groups = vec![group(scope, "all", ours.clone())];
    for (kind, name) in KINDS {
        groups.push(group(
            scope,
            name,
            ours.iter().copied().filter(|it| it.kind == kind).collect(),
        ));
    }
    for it in languages {
        let rows = ours.iter().copied().filter(|row| row.language == it).collect();
        groups.push(group(scope, &format!(".{it}"), rows));
    }
    groups
}

/// `off_by` is the mean distance of confidence and actual over the bins, weighted by their positions:
/// the expected calibration error (Naeini et al., 2015) on these bins.
fn group(scope: &str, of: &str, rows: Vec<&Row>) -> Value {
    let (mut bins, mut off) = (Vec::new(), 0.0);
    for (at, least) in BINS.iter().enumerate() {
        let below = BINS.get(at + 1).copied().unwrap_or(f32::INFINITY);
        let rows = rows.iter().filter(|it| (*least..below).contains(&it.confidence));
        let (mut count, mut right, mut said) = (0, 0.0, 0.0);
        for it in rows {
            count += 1;
            right += f64::from(u8::from(it.right));
            said += f64::from(it.confidence);
        }
        let each = f64::from(count.max(1));
        off += (right - said).abs();
        bins.push(json!({ "from": (f64::from(*least) * 10.0).round() / 10.0, "positions": count,
            "confidence": said / each, "actual": right / each }));
    }
    json!({ "repo": scope, "of": of, "bins": bins, "off_by": off / rows.len().max(1) as f64 })
}

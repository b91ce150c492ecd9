//! The built-in model against its baselines, on this repository: a small version of the benchmark.

#[path = "../benches/quality/suite.rs"]
mod suite;

use suite::Setup;
use suite::report::{OURS, Report};
use understudy::predict::weights::{COPY, LINE, STEP};

/// The share of positions where a model is exactly right.
fn exact(report: &Report, model: &str) -> f64 {
    let rows: Vec<_> = report.lines.iter().filter(|it| it.model == model).collect();
    assert!(!rows.is_empty(), "no rows of {model}");
    rows.iter().filter(|it| it.right).count() as f64 / rows.len() as f64
}

#[test]
fn the_built_in_model_beats_its_baselines_and_higher_confidence_is_more_often_right() {
    let report = suite::run(&Setup::small()).unwrap();
    let table = report.table();
    let ours = exact(&report, OURS);
    for baseline in ["copy, file", "copy, workspace"] {
        assert!(ours > exact(&report, baseline), "{baseline}\n{table}");
    }
    let shown = |threshold| {
        let rows = report.typed.iter().filter(|it| it.model == OURS && it.threshold == threshold);
        let (right, shown) = rows.fold((0, 0), |sum, it| (sum.0 + it.right, sum.1 + it.shown));
        f64::from(right as u32) / f64::from(shown.max(1) as u32)
    };
    assert!(shown(0.9) > shown(0.5) && shown(0.9) > 0.6, "{table}");
    assert!(report.json()["ratios"].as_array().is_some_and(|it| !it.is_empty()));
}

#[test]
fn fitting_gives_a_weight_for_every_confidence_feature() {
    let constants = suite::fit(&Setup { files: 4, ..Setup::small() }).unwrap();
    for (name, width) in [("step", STEP), ("line", LINE), ("copy", COPY)] {
        let start = format!("    {name}: [");
        let row = constants.lines().find_map(|it| it.strip_prefix(&start));
        assert_eq!(row.map(|it| it.split(", ").count()), Some(width), "{constants}");
    }
    assert!(!constants.contains("NaN") && !constants.contains("[0.0000, 0.0000"), "{constants}");
}

#[test]
fn ablation_compares_with_a_feature_left_out() {
    let small = Setup { lines: 3, files: 2, ..Setup::small() };
    let table = suite::ablate(&small, "detours").unwrap();
    let names: Vec<_> = table.lines().map(|it| it.split(' ').next().unwrap_or_default()).collect();
    assert_eq!(names, ["without", "nothing", "detours"], "{table}");
}

#[test]
fn the_threshold_table_compares_saved_keys_and_wrong_suggestions() {
    let table = suite::choose(&Setup { lines: 3, files: 2, ..Setup::small() }).unwrap();
    assert!(table.starts_with("from  saved/1000"), "{table}");
    assert_eq!(table.lines().count(), 17, "{table}");
}

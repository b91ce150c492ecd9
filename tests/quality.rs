//! The embedded model against its baselines, on this repository: the small form of the bench.

#[path = "../benches/quality/suite.rs"]
mod suite;

use suite::Setup;
use suite::report::{OURS, Report};
use understudy::predict::weights::{COPY, LINE, STEP};

/// The share of positions a model is wholly right at.
fn exact(report: &Report, model: &str) -> f64 {
    let rows: Vec<_> = report.lines.iter().filter(|it| it.model == model).collect();
    assert!(!rows.is_empty(), "no rows of {model}");
    rows.iter().filter(|it| it.right).count() as f64 / rows.len() as f64
}

#[test]
fn the_embedded_model_beats_its_baselines_and_is_more_often_right_the_surer_it_is() {
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
fn the_confidences_are_fitted_to_a_weight_for_each_of_their_features() {
    let constants = suite::fit(&Setup { files: 4, ..Setup::small() }).unwrap();
    for (name, width) in [("step", STEP), ("line", LINE), ("copy", COPY)] {
        let start = format!("    {name}: [");
        let row = constants.lines().find_map(|it| it.strip_prefix(&start));
        assert_eq!(row.map(|it| it.split(", ").count()), Some(width), "{constants}");
    }
    assert!(!constants.contains("NaN") && !constants.contains("[0.0000, 0.0000"), "{constants}");
}

#[test]
fn each_gain_is_measured_without_it() {
    let small = Setup { lines: 3, files: 2, ..Setup::small() };
    let table = suite::ablate(&small, "detours").unwrap();
    let names: Vec<_> = table.lines().map(|it| it.split(' ').next().unwrap_or_default()).collect();
    assert_eq!(names, ["without", "nothing", "detours"], "{table}");
}

#[test]
fn the_threshold_is_chosen_by_what_is_saved_and_shown_wrong() {
    let table = suite::choose(&Setup { lines: 3, files: 2, ..Setup::small() }).unwrap();
    assert!(table.starts_with("from  saved/1000"), "{table}");
    assert_eq!(table.lines().count(), 17, "{table}");
}

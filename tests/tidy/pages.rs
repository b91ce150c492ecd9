//! Tables of the pages: each row names a test that exists.

use super::{check, files, read, top};

/// The cells of each row of the table below a heading.
fn rows(page: &str, heading: &str) -> Vec<Vec<String>> {
    let page = read(page);
    let table = page.split(heading).nth(1).expect("the table");
    let rows = table.lines().filter(|it| it.starts_with("| ")).skip(1);
    let cells =
        |row: &str| row.trim_matches('|').split('|').map(|it| it.trim().to_owned()).collect();
    rows.map(cells).collect()
}

/// The tests in a cell that do not exist; the cell itself if it names none.
fn missing(cell: &str, sources: &str) -> Vec<String> {
    let tests: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
    if tests.is_empty() {
        return vec![format!("no test in {cell:?}")];
    }
    let missing = tests.iter().filter(|it| !sources.contains(&format!("fn {it}(")));
    missing.map(|it| format!("no test {it}")).collect()
}

fn sources() -> String {
    [files("src", ".rs"), files("tests", ".rs")].concat().iter().map(|it| read(it)).collect()
}

#[test]
fn every_guarantee_of_the_security_page_has_a_test() {
    let sources = sources();
    let mut broken = Vec::new();
    for cells in rows("SECURITY.md", "## Guarantees") {
        broken.extend(missing(&cells[3], &sources));
        let place = cells[2].trim_matches('`');
        let there = ["", ".rs"].iter().any(|end| top().join(format!("src/{place}{end}")).exists());
        if !(there || ["all", "Cargo.lock"].contains(&place)) {
            broken.push(format!("no such source: {place}"));
        }
    }
    check(broken);
}

#[test]
fn every_attack_on_the_endpoint_has_a_test() {
    let sources = sources();
    let rows = rows("editors/HTTP.md", "## Security");
    check(rows.iter().flat_map(|it| missing(&it[2], &sources)));
}

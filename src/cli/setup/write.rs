//! What is found as rows of the config file.

use std::time::SystemTime;

use toml_edit::Value;

use crate::cli::setup::find::Found;
use crate::config::Config;
use crate::provider::catalog::Catalog;
use crate::provider::catalog::policy;
use crate::provider::catalog::policy::Answer;
use crate::provider::price::date::Date;

/// A day's dollars for one who has set no cap.
const CAP: &str =
    "\n[cap]\nusd_per_day = 2.0   # over all providers; then free and local ones only\n";

/// Rows for whoever is not set up yet.
pub(super) fn rows(found: &[Found], config: &Config, catalog: &Catalog) -> String {
    let mut names: Vec<String> = config.provider.iter().map(|it| it.name.to_string()).collect();
    let mut text = String::new();
    let new = found.iter().filter(|it| !it.is_in(config));
    let new: Vec<&Found> = new.filter(|it| it.is_local || !it.models.is_empty()).collect();
    for it in &new {
        let name = free(it, &names);
        text.push_str(&row(it, &name));
        names.push(name);
    }
    let costs = new.iter().any(|it| {
        let mut prices = it.models.iter().filter_map(|model| catalog.find(it.kind, model)?.price);
        !it.is_local && prices.next().is_some()
    });
    if costs && config.cap == Config::default().cap {
        text.push_str(CAP);
    }
    match text.is_empty() {
        true => text,
        false => format!("# By `understudy setup`, {}.\n{text}", Date::of(SystemTime::now())),
    }
}

/// The file with the rows behind what it says already.
pub(super) fn joined(text: &str, rows: &str) -> String {
    match text.trim_end() {
        "" => rows.to_owned(),
        text => format!("{text}\n\n{rows}"),
    }
}

/// A name that nobody has.
fn free(found: &Found, names: &[String]) -> String {
    let base = if found.is_local { "home" } else { found.kind };
    let mut all = (1..).map(|it| if it == 1 { base.to_owned() } else { format!("{base}-{it}") });
    all.find(|it| !names.contains(it)).unwrap_or_default()
}

fn row(found: &Found, name: &str) -> String {
    let quoted = |it: &str| Value::from(it).to_string();
    let list = |it: &[String]| Value::from_iter(it.iter().map(String::as_str)).to_string();
    let mut row =
        format!("\n[[provider]]\nname = {}\nkind = {}\n", quoted(name), quoted(found.kind));
    if let Some(url) = &found.url {
        row.push_str(&format!("url = {}\n", quoted(url)));
    }
    if let Some(key) = found.key {
        row.push_str(&format!("key = {{ env = {} }}\n", quoted(key)));
    }
    if !found.start.is_empty() {
        row.push_str(&format!("start = {}\n", list(&found.start)));
    }
    if !found.models.is_empty() {
        row.push_str(&format!("models = {}\n", list(&found.models)));
    }
    let trains = |model: &String| policy::of(found.kind, model).trains;
    if !found.is_local && found.models.iter().any(|it| trains(it) != Answer::No) {
        row.push_str(
            "# It may train on what it is sent, or nobody knows: it is not asked until you allow it.\n\
             # training = \"allow\"\n",
        );
    }
    row
}

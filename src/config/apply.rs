//! Merges one source into the settings, setting by setting.
//!
//! The tree of defaults and the types define which settings exist: a value is valid if the defaults with this
//! value deserialize as a `Config`. A setting therefore needs no code here, and an invalid setting affects
//! only itself.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::config::node::{Content, Node};
use crate::config::short::Short;
use crate::config::source::{ConfigSources, Origin, Right, WORKSPACE_FILE};
use crate::config::{ALL, Config, Problem, check, nearest, node, old, schema, short, source};

/// Highest number of reported problems.
const MOST: usize = 100;

/// The settings merged so far, and the origin of each that is not at its default.
#[derive(Clone)]
pub(super) struct Effective {
    pub(super) values: Value,
    pub(super) origins: BTreeMap<Vec<String>, (Origin, Option<usize>)>,
    pub(super) problems: Vec<Problem>,
    /// Replacements of keys of earlier versions.
    pub(super) notes: Vec<Problem>,
    /// Origins of the rows of lists, by the list's path and the row's number.
    pub(super) rows: BTreeMap<Vec<String>, (Origin, Option<usize>)>,
    defaults: Value,
}

/// How the lists of several sources combine.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joined {
    All,
    Common,
    Replaced,
}

/// The position of a setting in a source.
struct SettingPlace<'a> {
    origin: &'a Origin,
    path: Vec<String>,
    line: Option<usize>,
}

impl Default for Effective {
    fn default() -> Self {
        let defaults = serde_json::to_value(Config::default()).expect("keys are strings");
        let (origins, problems, notes, rows) = Default::default();
        Self { values: defaults.clone(), origins, problems, notes, rows, defaults }
    }
}

impl Effective {
    pub(super) fn into_config(mut self) -> (Config, Vec<Problem>) {
        let mut config = Config::deserialize(&self.values).expect("every value was validated");
        for (path, message) in check::settle(&mut config) {
            let place = self.rows.get(&path).or_else(|| self.origins.get(&path)).cloned();
            let (origin, line) = place.unwrap_or((Origin::Default, None));
            self.report(&origin, line, message);
        }
        (config, self.problems)
    }

    /// Possible mistakes in the providers' URLs.
    pub(super) fn doubts(&self) -> Vec<Problem> {
        let rows = self.values["provider"].as_array().map_or(&[][..], Vec::as_slice);
        let doubts = rows.iter().enumerate().filter_map(|(at, row)| {
            let text = |name: &str| row[name].as_str();
            let message = check::doubt(text("name")?, text("kind")?, text("url")?)?;
            let (origin, line) = self.rows.get(&vec!["provider".to_owned(), at.to_string()])?;
            Some(Problem { source: origin.to_string(), line: *line, message })
        });
        doubts.collect()
    }

    /// The user's file and the editor's settings.
    pub(super) fn of_user(sources: &ConfigSources) -> Self {
        let mut effective = Self::default();
        if let Some(path) = sources.file.path() {
            effective.lay_file(&Origin::User(path.to_owned()), sources.file.read());
        }
        effective.lay_json(&Origin::Editor, &sources.editor);
        effective
    }

    /// The same settings, narrowed by the workspace's own file if this root has one. It contains the problems
    /// of this file only, and all notes.
    ///
    /// The file is merged last, although it takes precedence over the editor's settings: the order does not
    /// matter for what narrows, and what widens is refused.
    pub(super) fn narrowed(&self, root: &Path) -> Option<Self> {
        let path = root.join(WORKSPACE_FILE);
        let bytes = source::read_if_there(&path).transpose()?;
        let mut narrowed = Self { problems: Vec::new(), ..self.clone() };
        narrowed.lay_file(&Origin::Workspace(path), bytes.map(Some));
        Some(narrowed)
    }

    /// Merges a file. `None` stands for a missing file that is not required.
    pub(super) fn lay_file(&mut self, origin: &Origin, bytes: io::Result<Option<Vec<u8>>>) {
        match bytes {
            Ok(Some(bytes)) => self.lay_bytes(origin, &bytes),
            Ok(None) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.report(origin, None, "file not found".to_owned());
            }
            Err(error) => self.report(origin, None, format!("cannot be read: {error}")),
        }
    }

    pub(super) fn lay_bytes(&mut self, origin: &Origin, bytes: &[u8]) {
        let text = match str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let before = &bytes[..error.valid_up_to()];
                let line = before.iter().filter(|it| **it == b'\n').count() + 1;
                return self.report(origin, Some(line), "not UTF-8".to_owned());
            }
        };
        let (node, broken) = node::of_toml(text);
        for it in broken {
            self.report(origin, Some(it.line), it.message);
        }
        self.lay(origin, node);
    }

    pub(super) fn lay_json(&mut self, origin: &Origin, value: &Value) {
        self.lay(origin, node::of_json(value));
    }

    fn lay(&mut self, origin: &Origin, node: Node) {
        let known = self.defaults.clone();
        self.lay_node(SettingPlace { origin, path: Vec::new(), line: None }, Some(&known), node);
    }

    /// `known` is the default at this place, if the place is a setting or a group of settings.
    fn lay_node(&mut self, place: SettingPlace<'_>, known: Option<&Value>, node: Node) {
        match (known, node.content) {
            (Some(Value::Object(known)), Content::Table(entries)) => {
                self.lay_table(&place, known, entries);
            }
            (Some(Value::Array(_)), Content::List(items)) => self.lay_list(&place, items),
            (Some(_), Content::Leaf(value)) => match short::find(&place.path) {
                Some(short) => self.set_group(&place, short, &value),
                None => self.set(&place, value),
            },
            // In an open group, a list is one value.
            (Some(Value::Null), Content::List(items)) => {
                self.set(&place, items.iter().map(Node::value).collect());
            }
            (Some(_), Content::List(_) | Content::Table(_)) => self.report_wrong(&place, None),
            (None, Content::Table(entries)) if !entries.is_empty() => {
                for (key, node) in entries {
                    self.lay_node(place.at(key, node.line), None, node);
                }
            }
            (None, _) => self.report_unknown(&place),
        }
    }

    /// A group without defaults is open: the user chooses its keys.
    fn lay_table(
        &mut self,
        place: &SettingPlace<'_>,
        known: &Map<String, Value>,
        entries: Vec<(String, Node)>,
    ) {
        for (key, node) in entries {
            let known = match known.is_empty() {
                true => Some(&Value::Null),
                false => known.get(&key),
            };
            self.lay_node(place.at(key, node.line), known, node);
        }
    }

    fn set(&mut self, place: &SettingPlace<'_>, value: Value) {
        let refused = match place.right() {
            Right::Own => false,
            Right::Nothing => true,
            Right::Tune => value != false && self.get(&place.path) == Some(&Value::Bool(false)),
            Right::Narrow => value != false,
        };
        match refused {
            true => self.report_refused(place),
            false if self.fits(place, value.clone()) => {
                self.note(place, &value);
                *self.slot(place) = value;
            }
            false => self.report_wrong(place, Some(&value)),
        }
    }

    /// Sets the keys of a group from its one-word form.
    fn set_group(&mut self, place: &SettingPlace<'_>, short: &Short, word: &Value) {
        let Some(keys) = short.keys(word) else { return self.report_wrong(place, Some(word)) };
        let was_off = |it: &Value| short.word(it).is_some_and(|it| short.is_off(&it));
        let refused = match place.right() {
            Right::Own => false,
            Right::Nothing => true,
            Right::Tune => !short.is_off(word) && self.get(&place.path).is_some_and(was_off),
            Right::Narrow => !short.is_off(word),
        };
        if refused {
            return self.report_refused(place);
        }
        for (key, value) in keys {
            *self.slot(&place.at(key, place.line)) = value;
        }
    }

    fn note(&mut self, place: &SettingPlace<'_>, value: &Value) {
        let Some(old) = old::find(&place.key()) else { return };
        if self.notes.len() < MOST {
            let (source, message) = (place.origin.to_string(), old.note(value));
            self.notes.push(Problem { source, line: place.line, message });
        }
    }

    /// Forbidden globs add up, and a provider must be allowed by all sources, so that no source lifts a
    /// restriction of another. Any other list is one setting.
    fn lay_list(&mut self, place: &SettingPlace<'_>, items: Vec<Node>) {
        let joined = Joined::of(&place.key());
        let refused = match (place.right(), joined) {
            (Right::Nothing, _) | (Right::Narrow, Joined::Replaced) => true,
            (Right::Own | Right::Tune | Right::Narrow, _) => false,
        };
        if refused {
            return self.report_refused(place);
        }
        let (mut laid, mut lines) = (Vec::new(), Vec::new());
        for item in &items {
            match self.item(place, item) {
                Ok(value) => {
                    laid.push(value);
                    lines.push(item.line);
                }
                Err(problem) => self.report(place.origin, problem.0, problem.1),
            }
        }
        if laid.is_empty() && !items.is_empty() {
            return;
        }
        let last = lines.last().copied().flatten().or(place.line);
        let slot = self.slot(&place.within(last));
        if let Value::Array(there) = slot {
            joined.lay(there, laid);
        }
        // The positions of rows are needed for problems between rows.
        if joined == Joined::Replaced {
            for (at, line) in lines.into_iter().enumerate() {
                let row = place.at(at.to_string(), line);
                self.rows.insert(row.path, (row.origin.clone(), line));
            }
        }
    }

    /// The value of a list's item; or its problem, with the line.
    fn item(
        &self,
        place: &SettingPlace<'_>,
        item: &Node,
    ) -> Result<Value, (Option<usize>, String)> {
        let value = item.value();
        let mut values = self.defaults.clone();
        *descend(&mut values, &place.path) = Value::Array(vec![value.clone()]);
        let error = match serde_path_to_error::deserialize::<_, Config>(&values) {
            Ok(_) => return Ok(value),
            Err(error) => error,
        };
        let (line, key) = item.find(error.path(), place.path.len() + 1);
        if !matches!(item.content, Content::Table(_)) {
            let message = self.wrong(place, Some(&value));
            return Err((line.or(place.line), message));
        }
        let row = value["name"].as_str().map(|it| format!(" \"{it:.60}\"")).unwrap_or_default();
        let key: String = key.iter().map(|it| format!(".{it}")).collect();
        let reason = error.inner().to_string();
        Err((line.or(place.line), format!("{}{row}{key:.60}: {reason:.200}", place.key())))
    }

    /// Whether the types accept a value here. It is checked among defaults, so the cost does not depend on
    /// the file.
    fn fits(&self, place: &SettingPlace<'_>, value: Value) -> bool {
        let mut values = self.defaults.clone();
        *descend(&mut values, &place.path) = value;
        Config::deserialize(&values).is_ok()
    }

    /// The slot for a valid value, whose origin is recorded.
    fn slot(&mut self, place: &SettingPlace<'_>) -> &mut Value {
        self.origins.insert(place.path.clone(), (place.origin.clone(), place.line));
        descend(&mut self.values, &place.path)
    }

    fn get(&self, path: &[String]) -> Option<&Value> {
        path.iter().try_fold(&self.values, |value, key| value.get(key))
    }

    fn report_unknown(&mut self, place: &SettingPlace<'_>) {
        let nearest = nearest::nearest(&place.key(), &self.defaults);
        let meant = nearest.map(|it| format!(", did you mean \"{it}\"?")).unwrap_or_default();
        self.report(
            place.origin,
            place.line,
            format!("unknown key \"{:.60}\"{meant}", place.key()),
        );
    }

    fn report_refused(&mut self, place: &SettingPlace<'_>) {
        let reason = match (place.right(), place.origin) {
            (Right::Narrow, _) | (Right::Nothing, Origin::Workspace(_)) => {
                "a workspace's file may only turn off or forbid"
            }
            (Right::Nothing, _) => "only your own config file may set this",
            (Right::Own | Right::Tune, _) => {
                "an editor's settings may not turn on what your config file turns off"
            }
        };
        self.report(place.origin, place.line, format!("{:.60}: {reason}", place.key()));
    }

    fn report_wrong(&mut self, place: &SettingPlace<'_>, value: Option<&Value>) {
        if self.problems.len() < MOST {
            let message = self.wrong(place, value);
            self.report(place.origin, place.line, message);
        }
    }

    fn wrong(&self, place: &SettingPlace<'_>, value: Option<&Value>) -> String {
        let expected = schema::expected(&place.path);
        let found = value.map(|it| format!(", not {:.60}", it.to_string())).unwrap_or_default();
        let subject = if place.path.is_empty() { "settings".to_owned() } else { place.key() };
        format!("{subject:.60} must be {expected}{found}")
    }

    /// Control characters are replaced: a repository's file must not control the terminal that prints the
    /// problem.
    fn report(&mut self, origin: &Origin, line: Option<usize>, message: String) {
        if self.problems.len() < MOST {
            let message = message.replace(char::is_control, " ");
            self.problems.push(Problem { source: origin.to_string(), line, message });
        }
    }
}

impl Joined {
    fn of(key: &str) -> Self {
        match key {
            "index.forbid" | "action" => Self::All,
            "only" => Self::Common,
            _ => Self::Replaced,
        }
    }

    fn lay(self, there: &mut Vec<Value>, laid: Vec<Value>) {
        match self {
            Self::All => {
                let new = laid.into_iter().filter(|it| !there.contains(it)).collect::<Vec<_>>();
                there.extend(new);
            }
            Self::Common if there.iter().any(|it| it == ALL) => *there = laid,
            Self::Common if laid.iter().any(|it| it == ALL) => {}
            Self::Common => there.retain(|it| laid.contains(it)),
            Self::Replaced => *there = laid,
        }
    }
}

/// The value at a path of tables. Missing tables are created.
fn descend<'v>(values: &'v mut Value, path: &[String]) -> &'v mut Value {
    path.iter().fold(values, |value, key| &mut value[key])
}

impl<'a> SettingPlace<'a> {
    fn at(&self, key: String, line: Option<usize>) -> Self {
        let mut path = self.path.clone();
        path.push(key);
        Self { origin: self.origin, path, line }
    }

    fn within(&self, line: Option<usize>) -> Self {
        Self { origin: self.origin, path: self.path.clone(), line }
    }

    fn key(&self) -> String {
        self.path.join(".")
    }

    fn right(&self) -> Right {
        self.origin.right(&self.key())
    }
}

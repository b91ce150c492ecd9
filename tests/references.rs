//! Next edits after a rename and an added parameter: only places that refer to the changed definition.

use std::ops::Range;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::next_edit::{applied, position};
use crate::support::editor::{Editor, Hello, uri};

/// Next edits that are accepted at most.
const MOST: usize = 20;

/// Open documents of one folder.
pub(crate) struct Project {
    _folder: TempDir,
    pub(crate) editor: Editor,
    pub(crate) files: Vec<File>,
}

pub(crate) struct File {
    name: String,
    pub(crate) uri: String,
    pub(crate) text: String,
    pub(crate) version: i32,
}

impl Project {
    /// `files` are names and texts.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let roots = vec![folder.path().to_owned()];
        let capabilities = json!({ "general": { "positionEncodings": ["utf-8"] } });
        let mut editor = Editor::hello(Hello { roots, capabilities, ..Hello::default() });
        editor.forgiving = true;
        let files = files.iter().map(|(name, text)| {
            let uri = uri(&folder.path().join(name));
            editor.open(&uri, "", text);
            File { name: (*name).to_owned(), uri, text: (*text).to_owned(), version: 0 }
        });
        let files: Vec<File> = files.collect();
        let mut project = Self { _folder: folder, editor, files };
        // The answer waits for the syntax tree of its document.
        for at in 0..project.files.len() {
            project.ask_in(at);
        }
        project
    }

    /// Replaces the first `old` of the first file.
    pub(crate) fn edit(&mut self, [old, new]: [&str; 2]) {
        let start = self.files[0].text.find(old).expect("the text contains it");
        self.rewrite(start..start + old.len(), new);
    }

    /// Replaces a range of the first file.
    pub(crate) fn rewrite(&mut self, range: Range<usize>, new: &str) {
        let file = &mut self.files[0];
        let places = [range.start, range.end].map(|it| position(&file.text, it));
        file.text.replace_range(range, new);
        file.version += 1;
        let range = json!({ "start": places[0], "end": places[1] });
        self.editor.change(&file.uri, file.version, json!([{ "range": range, "text": new }]));
    }

    pub(crate) fn ask(&mut self) -> Value {
        self.ask_in(0)
    }

    fn ask_in(&mut self, at: usize) -> Value {
        let File { uri, version, .. } = &self.files[at];
        let document = json!({ "uri": uri, "version": version });
        let at = json!({ "line": 0, "character": 0 });
        let params = json!({ "textDocument": document, "position": at });
        self.editor.request("understudy/nextEdit", params)
    }

    /// Accepts every next edit. Returns the lines after the edits, with their files.
    pub(crate) fn accepted(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(edit) = self.ask()["edits"].get(0) {
            let uri = edit["textDocument"]["uri"].as_str().unwrap();
            let file = self.files.iter_mut().find(|it| it.uri == uri).unwrap();
            file.text = applied(&file.text, edit);
            file.version += 1;
            let change = json!([{ "range": edit["range"], "text": edit["text"] }]);
            self.editor.change(&file.uri, file.version, change);
            let line = edit["range"]["start"]["line"].as_u64().unwrap() as usize;
            lines.push(format!("{}: {}", file.name, file.text.lines().nth(line).unwrap().trim()));
            assert!(lines.len() < MOST, "{lines:?}");
        }
        lines.sort();
        lines
    }
}

/// Checks the lines that change after an edit of the first file.
#[track_caller]
pub(crate) fn check(files: &[(&str, &str)], edit: [&str; 2], expected: &[&str]) {
    let mut project = Project::new(files);
    project.edit(edit);
    assert_eq!(project.accepted(), expected);
}

#[test]
fn arguments_with_the_name_of_a_renamed_function_are_no_uses() {
    let text = "def limit(a):\n    return a\n\n\ndef f():\n    query(\"a\", limit=10)\n    return limit(2)\n";
    check(&[("a.py", text)], ["limit", "bound"], &["a.py: return bound(2)"]);
    let text = "fun limit(a: Int) = a\n\nfun f(): Int {\n    query(\"a\", limit = 10)\n    return limit(2)\n}\n";
    check(&[("a.kt", text)], ["limit", "bound"], &["a.kt: return bound(2)"]);
    let text = "def limit(a)\n  a\nend\n\ndef f\n  query(\"a\", limit: 10)\n  limit(2)\nend\n";
    check(&[("a.rb", text)], ["limit", "bound"], &["a.rb: bound(2)"]);
    let text = "<?php\nfunction limit($a) { return $a; }\nfunction f() {\n  query(limit: 10);\n  return limit(2);\n}\n";
    check(&[("a.php", text)], ["limit", "bound"], &["a.php: return bound(2);"]);
}

#[test]
fn a_name_imported_from_elsewhere_is_no_use() {
    let home = "def limit(a):\n    return a\n";
    for other in [
        "from other import limit\n\nlimit(2)\n",
        "from other import cap as limit\n\nlimit(2)\n",
        "import other.limit as limit\n\nlimit(2)\n",
        "def f():\n    from other import limit\n    return limit(2)\n",
        "limit = 3\nprint(limit)\n",
        "def limit():\n    pass\n\n\nlimit()\n",
        "for limit in range(3):\n    print(limit)\n",
        "with f() as limit:\n    print(limit)\n",
        "print(limit(3))\n",
    ] {
        check(&[("home.py", home), ("user.py", other)], ["limit", "bound"], &[]);
    }
    let home = "export function limit(a) {\n  return a;\n}\n";
    for other in [
        "import { limit } from './other';\nlimit(2);\n",
        "import limit from 'limit';\nlimit(2);\n",
        "const { limit } = require('./other');\nlimit(2);\n",
        "limit(2);\n",
    ] {
        check(&[("home.ts", home), ("user.ts", other)], ["limit", "bound"], &[]);
    }
    let home = "pub fn limit(a: u8) -> u8 {\n    a\n}\n";
    for other in
        ["use crate::other::limit;\n\nfn f() {\n    limit(2);\n}\n", "fn f() {\n    limit(2);\n}\n"]
    {
        check(&[("home.rs", home), ("user.rs", other)], ["limit", "bound"], &[]);
    }
    let home = "package home\n\nfunc Limit(a int) int {\n\treturn a\n}\n";
    let other = "package other\n\nfunc f() int {\n\treturn Limit(2)\n}\n";
    check(&[("home/a.go", home), ("other/b.go", other)], ["Limit", "Bound"], &[]);
}

#[test]
fn a_name_imported_from_the_renamed_definition_is_a_use() {
    let home = "def limit(a):\n    return a\n";
    let user = "from home import limit\n\nprint(limit(2), query(limit=1), a.limit(2))\n";
    let expected =
        ["user.py: from home import bound", "user.py: print(bound(2), query(limit=1), a.limit(2))"];
    check(&[("home.py", home), ("user.py", user)], ["limit", "bound"], &expected);
    let user = "import home\nimport other\n\nprint(home.limit(2), other.limit(2))\n";
    let expected = ["user.py: print(home.bound(2), other.limit(2))"];
    check(&[("home.py", home), ("user.py", user)], ["limit", "bound"], &expected);
    let user = "from app import home\nfrom app.home import made\n\n\ndef f(a):\n    home.limit(made.limit(2))\n\n\ndef g(home):\n    home.limit(3)\n";
    let expected = ["user.py: home.bound(made.limit(2))"];
    check(&[("app/home.py", home), ("user.py", user)], ["limit", "bound"], &expected);
    let home = "export function limit(a) {\n  return a;\n}\n";
    let user = "import * as home from './home';\nimport { made } from './home';\nhome.limit(made.limit(2));\n";
    let expected = ["user.ts: home.bound(made.limit(2));"];
    check(&[("home.ts", home), ("user.ts", user)], ["limit", "bound"], &expected);
    let user = "import { limit } from './home.js';\nlimit(2);\n";
    let expected = ["user.ts: bound(2);", "user.ts: import { bound } from './home.js';"];
    check(&[("home.ts", home), ("user.ts", user)], ["limit", "bound"], &expected);
    let home = "pub fn limit(a: u8) -> u8 {\n    a\n}\n";
    let user = "use crate::home::limit;\n\nfn f() {\n    limit(2);\n    crate::home::limit(3);\n    other::limit(4);\n}\n";
    let expected = [
        "src/user.rs: bound(2);",
        "src/user.rs: crate::home::bound(3);",
        "src/user.rs: use crate::home::bound;",
    ];
    check(&[("src/home.rs", home), ("src/user.rs", user)], ["limit", "bound"], &expected);
    let user = "pub mod home;\n\nfn f() {\n    home::limit(2);\n    other::limit(3);\n}\n";
    check(
        &[("src/home.rs", home), ("src/lib.rs", user)],
        ["limit", "bound"],
        &["src/lib.rs: home::bound(2);"],
    );
    let home = "package home\n\nfunc Limit(a int) int {\n\treturn a\n}\n";
    let same = "package home\n\nfunc f() int {\n\treturn Limit(2)\n}\n";
    let other = "package other\n\nimport \"example.com/a/home\"\n\nfunc f() int {\n\treturn home.Limit(2)\n}\n";
    let files = [("home/a.go", home), ("home/b.go", same), ("other/c.go", other)];
    check(
        &files,
        ["Limit", "Bound"],
        &["home/b.go: return Bound(2)", "other/c.go: return home.Bound(2)"],
    );
}

#[test]
fn a_member_of_another_value_is_no_use() {
    let text = "\
import subprocess


class Job:
    def run(self, a):
        return self.run(a)


class Other:
    def go(self):
        return self.run(1)


def f(job: Job, other: Other):
    subprocess.run(1)
    job.run(2)
    other.run(3)
    Job().run(4)
    Other().run(5)
    made = Job()
    made.run(6)
    run(7)
";
    let expected =
        ["Job().perform(4)", "job.perform(2)", "made.perform(6)", "return self.perform(a)"];
    check(
        &[("a.py", text)],
        ["run", "perform"],
        &expected.map(|it| format!("a.py: {it}")).each_ref().map(|it| &**it),
    );
    let text = "\
struct Job;

impl Job {
    fn run(&self) {}
    fn both(&self) {
        self.run();
    }
}

impl Other {
    fn both(&self) {
        self.run();
    }
}

fn f(job: &Job, other: &Other) {
    job.run();
    other.run();
    Job::run(job);
    Other::run(other);
}
";
    let expected = ["Job::perform(job);", "job.perform();", "self.perform();"];
    check(
        &[("a.rs", text)],
        ["run", "perform"],
        &expected.map(|it| format!("a.rs: {it}")).each_ref().map(|it| &**it),
    );
    let text = "\
package a

import \"os/exec\"

type Job struct{}
type Other struct{}

func (j *Job) Run(a int) {}

func f(job *Job, other *Other) {
\texec.Run(1)
\tjob.Run(2)
\tother.Run(3)
}
";
    check(&[("a.go", text)], ["Run", "Perform"], &["a.go: job.Perform(2)"]);
}

#[test]
fn a_field_tells_the_type_of_its_value() {
    let text = "\
class Client:
    def __init__(self, inner):
        self.session = requests.Session()
        self.inner = Inner()
        self.next: Client = inner

    def fetch(self):
        self.session.fetch()
        self.inner.fetch()
        self.next.fetch()
        return self.fetch()
";
    let text = format!("import requests\n\n\n{text}");
    let expected = ["a.py: return self.load()", "a.py: self.next.load()"];
    check(&[("a.py", &text)], ["def fetch", "def load"], &expected);
}

#[test]
fn places_of_other_kinds_are_no_uses() {
    let text =
        "fn limit() {}\n\nfn f() {\n    info!(limit = 3, \"a\");\n    assert_eq!(limit(), 1);\n}\n";
    check(&[("a.rs", text)], ["limit", "bound"], &["a.rs: assert_eq!(bound(), 1);"]);
    let text = "fun load(a: Int) = a\n\nfun f(load: Int) = load\n\nfun g() = load(1)\n";
    check(&[("a.kt", text)], ["load", "fetch"], &["a.kt: fun g() = fetch(1)"]);
    let home = "export class User {}\n";
    let user =
        "import { User } from './home';\nimport { User as Other } from './other';\nnew User();\n";
    let expected = ["user.ts: import { Member } from './home';", "user.ts: new Member();"];
    check(&[("home.ts", home), ("user.ts", user)], ["User", "Member"], &expected);
    let text = "<?php\nfunction limit() {}\nfunction f() {\n  echo $limit;\n  return limit();\n}\n";
    check(&[("a.php", text)], ["limit", "bound"], &["a.php: return bound();"]);
    let text = "function limit() {}\n\nexport { limit };\nconst a = <Page limit={limit()} />;\nconst { limit: b } = c;\n";
    let expected = ["a.tsx: const a = <Page limit={bound()} />;", "a.tsx: export { bound };"];
    check(&[("a.tsx", text)], ["limit", "bound"], &expected);
    let text = "class Limit:\n    pass\n\n\n@Limit\nclass B(Limit):\n    pass\n\n\ndef f(a: Limit, Limit=1):\n    return Limit\n";
    check(
        &[("a.py", text)],
        ["Limit", "Bound"],
        &["a.py: @Bound", "a.py: class B(Bound):", "a.py: def f(a: Bound, Limit=1):"],
    );
}

#[test]
fn a_member_is_used_in_other_documents_through_its_type() {
    let home = "package home\n\ntype Job struct{}\n\nfunc (j *Job) Run() {}\n";
    let user = "package home\n\nfunc f(job *Job, other *Other) {\n\tjob.Run()\n\tother.Run()\n}\n";
    check(&[("a.go", home), ("b.go", user)], ["Run", "Perform"], &["b.go: job.Perform()"]);
    let home = "class Job:\n    def run(self):\n        pass\n";
    let user = "from home import Job\nfrom other import Other\n\n\ndef f(job: Job, a):\n    job.run()\n    a.run()\n    Other().run()\n";
    check(&[("home.py", home), ("user.py", user)], ["run", "perform"], &["user.py: job.perform()"]);
    let user = user.replace("from home", "from elsewhere");
    check(&[("home.py", home), ("user.py", &user)], ["run", "perform"], &[]);
    let home = "pub enum Kind {\n    First,\n    Last,\n}\n";
    let user = "use crate::home::Kind;\n\nfn f() {\n    g(Kind::First, Other::First);\n}\n";
    let expected = ["src/user.rs: g(Kind::Begin, Other::First);"];
    check(&[("src/home.rs", home), ("src/user.rs", user)], ["First", "Begin"], &expected);
}

#[test]
fn a_name_of_other_members_does_not_hide_uses() {
    let text = "def limit(a):\n    return a\n\n\nclass A:\n    def f(self):\n        self.limit = limit(3)\n";
    check(&[("a.py", text)], ["limit", "bound"], &["a.py: self.limit = bound(3)"]);
    let text = "\
class A:
    def run(self):
        return self.run()


class B:
    def run(self):
        return self.run()


def f(a: A, b: B, c):
    a.run(b.run(), c.run())
";
    let expected = ["a.py: a.perform(b.run(), c.run())", "a.py: return self.perform()"];
    check(&[("a.py", text)], ["run", "perform"], &expected);
    let text = "\
struct A;
struct B;

impl fmt::Display for A {
    fn fmt(&self) {
        self.fmt();
    }
}

impl fmt::Display for B {
    fn fmt(&self) {
        self.fmt();
    }
}
";
    check(&[("a.rs", text)], ["fn fmt", "fn write"], &["a.rs: self.write();"]);
}

#[test]
fn a_value_of_unknown_type_has_no_uses() {
    let text = "\
class Job:
    def run(self):
        pass


def f(session, jobs):
    session.run()
    rows = session.query(Job)
    rows.run()
    for job in jobs:
        job.run()
    jobs[0].run()
    make().run()
    again = Job()
    again = session
    again.run()
";
    check(&[("a.py", text)], ["run", "perform"], &[]);
}

#[test]
fn a_field_is_used_in_lists_of_its_own_type() {
    let text = "\
class Page:
    limit = 3


Page(limit=1)
query(limit=2)
";
    check(&[("a.py", text)], ["limit", "bound"], &["a.py: Page(bound=1)"]);
    let text = "\
struct Page {
    limit: u8,
}

fn f(limit: u8, page: &Page, other: Other) -> Page {
    g(Other { limit: 1 }, page.limit, other.limit);
    g(Page { limit });
    Page { limit: limit }
}
";
    let expected = [
        "a.rs: Page { bound: limit }",
        "a.rs: g(Other { limit: 1 }, page.bound, other.limit);",
        "a.rs: g(Page { bound: limit });",
    ];
    check(&[("a.rs", text)], ["limit", "bound"], &expected);
}

#[test]
fn an_argument_is_added_only_in_calls_of_the_function() {
    let text = "\
def load(path):
    return path


def f(mode):
    # load(\"comment\")
    \"\"\"
    load(\"text\")
    \"\"\"
    return load(\"call\")


def shadowed(load, mode):
    return load(\"parameter\")


def assigned(mode):
    load = other
    return load(\"variable\")


def member(other, mode):
    return other.load(\"member\")


def defined(mode):
    def load(path):
        return path

    return load(\"definition\")
";
    check(
        &[("a.py", text)],
        ["load(path)", "load(path, mode)"],
        &["a.py: return load(\"call\", mode)"],
    );
    let text = "\
function load(path) {
  return path;
}

function f(mode) {
  new load(\"new\");
  return load(\"call\");
}
";
    check(
        &[("a.js", text)],
        ["load(path)", "load(path, mode)"],
        &["a.js: return load(\"call\", mode);"],
    );
    let text = "\
class Load {
  Load(int path) {}

  static Load f(int mode) {
    return new Load(1);
  }
}
";
    let expected = ["Load.java: return new Load(1, mode);"];
    check(&[("Load.java", text)], ["int path", "int path, int mode"], &expected);
}

#[test]
fn an_argument_is_added_only_in_calls_of_the_method() {
    let text = "\
import subprocess


class Job:
    def run(self, a):
        return a

    def again(self, mode):
        return self.run(1)


def f(job: Job, mode):
    subprocess.run(2)
    job.run(3)
    run(4)
";
    let expected = ["a.py: job.run(3, mode)", "a.py: return self.run(1, mode)"];
    check(&[("a.py", text)], ["self, a", "self, a, mode"], &expected);
    let text = "\
class Job {
  run(a) {
    return a;
  }
}

function f(mode) {
  const job = new Job();
  job.run(1);
  new run(2);
  return run(3);
}
";
    check(&[("a.js", text)], ["run(a)", "run(a, mode)"], &["a.js: job.run(1, mode);"]);
}

/// Checks the changed lines of one file.
#[track_caller]
pub(crate) fn check_one(name: &str, text: &str, edit: [&str; 2], expected: &[&str]) {
    let mut expected: Vec<_> = expected.iter().map(|it| format!("{name}: {it}")).collect();
    expected.sort();
    let expected: Vec<_> = expected.iter().map(|it| &**it).collect();
    check(&[(name, text)], edit, &expected);
}

#[test]
fn the_name_of_another_definition_is_no_use() {
    for (name, text, edit, expected) in [
        (
            "a.py",
            "def total(xs):\n    return sum(xs)\n\n\nclass Cart:\n    def total(self):\n        return total(self.items)\n\n    alias = total\n",
            ["total", "add_up"],
            "return add_up(self.items)",
        ),
        (
            "a.rs",
            "fn total(xs: &[u8]) -> u8 { 1 }\n\nimpl Cart {\n    pub fn total(&self) -> u8 { total(&self.items) }\n}\n",
            ["total", "add_up"],
            "pub fn total(&self) -> u8 { add_up(&self.items) }",
        ),
        (
            "a.rs",
            "fn total(xs: &[u8]) -> u8 { 1 }\n\ntrait Sum {\n    fn total(&self) -> u8;\n}\n\nimpl Sum for Cart {\n    fn total(&self) -> u8 { total(&self.items) }\n}\n",
            ["total", "add_up"],
            "fn total(&self) -> u8 { add_up(&self.items) }",
        ),
        (
            "a.rs",
            "pub struct Config {\n    a: u8,\n}\n\npub enum Error {\n    Config(Config),\n    Io,\n}\n",
            ["Config", "Settings"],
            "Config(Settings),",
        ),
        (
            "a.ts",
            "function total(xs) { return xs; }\n\nclass Cart {\n  total() { return total(this.items); }\n}\n",
            ["total", "addUp"],
            "total() { return addUp(this.items); }",
        ),
        (
            "p/a.go",
            "package p\n\nfunc total(xs []int) int { return 1 }\n\nfunc (c *Cart) total() int { return total(c.items) }\n",
            ["total", "addUp"],
            "func (c *Cart) total() int { return addUp(c.items) }",
        ),
        (
            "K.java",
            "enum Kind { NONE, LAST }\nenum Other { NONE, FIRST }\nclass U {\n  int f(Other o) {\n    switch (o) {\n      case NONE: return 1;\n      default: return 2;\n    }\n  }\n  int g(Kind k) { return k == Kind.NONE ? 1 : 2; }\n}\n",
            ["NONE", "EMPTY"],
            "int g(Kind k) { return k == Kind.EMPTY ? 1 : 2; }",
        ),
    ] {
        check_one(name, text, edit, &[expected]);
    }
    let text = "item_limit = 3\n\n\nclass A:\n    item_limit = item_limit\n    other = item_limit\n\n    def f(self):\n        return self.item_limit\n\n\nprint(item_limit, A.item_limit)\n";
    let expected = ["item_limit = item_bound", "print(item_bound, A.item_limit)"];
    check_one("a.py", text, ["item_limit", "item_bound"], &expected);
}

#[test]
fn a_field_of_a_literal_is_no_use_of_a_variable() {
    let text = "package p\n\nfunc handler() {}\n\nfunc f() *Server {\n\treturn &Server{handler: handler}\n}\n";
    check_one("p/a.go", text, ["handler", "serve"], &["return &Server{handler: serve}"]);
    let text = "package p\n\nfunc f(repoName string) []Server {\n\treturn []Server{{repoName: repoName}}\n}\n";
    let expected = ["return []Server{{repoName: repoPath}}"];
    check_one("p/a.go", text, ["repoName", "repoPath"], &expected);
}

#[test]
fn an_overridden_member_is_another_one() {
    let text = "class A:\n    def load(self):\n        return 1\n\n    def go(self):\n        return self.load()\n\n\nclass B(A):\n    def load(self):\n        return super().load()\n\n    def both(self):\n        return self.load()\n\n\nclass C(A):\n    def both(self):\n        return self.load()\n\n\nclass D(Other[A]):\n    def both(self):\n        return self.load()\n";
    let expected = ["return self.fetch()", "return self.fetch()"];
    check_one("a.py", text, ["load", "fetch"], &expected);
    let text = "class A {\n  load() { return 1; }\n}\nclass B extends A {\n  load() { return super.load(); }\n  both() { return this.load(); }\n}\nclass C extends A {\n  both() { return this.load(); }\n}\n";
    check_one("a.ts", text, ["load", "fetch"], &["both() { return this.fetch(); }"]);
    let text = "class A {\n  void load() {}\n}\nclass B extends A {\n  @Override void load() {}\n  void both() { load(); this.load(); super.load(); }\n}\n";
    check_one("A.java", text, ["load", "fetch"], &[]);
    let text = "class A {\n  void load() {}\n  void go() { this.load(); }\n  static class Inner { void load() {} void go() { this.load(); } }\n}\n";
    check_one("A.java", text, ["load", "fetch"], &["void go() { this.fetch(); }"]);
    let text = "class A:\n    def load(self, a):\n        return 1\n\n\nclass B(A):\n    def load(self, a, mode):\n        return super().load(a) + self.load(a)\n";
    check_one("a.py", text, ["self, a", "self, a, mode"], &[]);
}

#[test]
fn a_value_that_only_contains_the_type_has_no_uses() {
    let text = "\
class Job:
    def count(self):
        return 2


def f(jobs: dict[str, Job], one: Job, maybe: Job | None, other: Optional[Job], *rest: Job):
    jobs.count()
    one.count(1)
    maybe.count(2)
    other.count(3)
    rest.count()
    rows = Job.all()
    rows.count()
    name = Job().name
    name.count()
    first, last = Job(), Other()
    last.count()
    made = Job(f(1), [2])
    made.count(4)
    either = Job() if one else None
    either.count()
    Job.all().count()
    Job().name.count()
";
    let expected = ["made.size(4)", "maybe.size(2)", "one.size(1)", "other.size(3)"];
    check_one("a.py", text, ["count", "size"], &expected);
    let text = "\
class Session:
    def get(self, a):
        return 2


class X:
    def __init__(self):
        self.session = Session()

    def f(self, request):
        request.session.get(1)
        return self.session.get(2)
";
    check_one("a.py", text, ["get", "read"], &["return self.session.read(2)"]);
    let text = "\
class Job {
  size() { return 1; }
}
function f(m: Map<string, Job>, one: Job, p: Promise<Job>, js: Job[], g: () => Job, q?: Job) {
  m.size();
  one.size(1);
  p.size();
  js.size();
  g.size();
  q?.size(2);
  const made = new Job();
  made.size(3);
  const name = new Job().name;
  name.size();
}
";
    check_one(
        "a.ts",
        text,
        ["size", "count"],
        &["made.count(3);", "one.count(1);", "q?.count(2);"],
    );
    let text = "\
struct Job { name: String }

impl Job {
    fn len(&self) -> usize { 1 }
}

fn f(a: &Job, b: &mut Job, c: Vec<Job>, d: &[Job], e: Box<Job>, g: &'static Job) {
    a.len();
    b.len();
    c.len();
    d.len();
    e.len();
    g.len();
    let h = Job::new(1);
    h.len();
    let i = Job { name: x };
    i.len();
    let j = Job { name: x }.name;
    j.len();
    let k = Job::all();
    k.len();
}
";
    let expected = ["a.size();", "b.size();", "e.size();", "g.size();", "h.size();", "i.size();"];
    check_one("a.rs", text, ["fn len", "fn size"], &expected);
    let text = "\
package p

type Job struct{ next *Job }

func (j *Job) Run(a int) {}

func f(a *Job, b []*Job, c map[string]*Job, d chan Job, e ...Job) {
\ta.Run(1)
\ta.next.Run(2)
\tb.Run(3)
\tc.Run(4)
\td.Run(5)
\te.Run(6)
\tg := &Job{}
\tg.Run(7)
\th := Job{}.next
\th.Run(8)
}
";
    let expected = ["a.Perform(1)", "a.next.Perform(2)", "g.Perform(7)"];
    check_one("p/a.go", text, ["Run", "Perform"], &expected);
    let text = "\
class Job {
  int size() { return 1; }
  int f(List<Job> jobs, Map<String, Job> m, Job j, Job[] array) {
    for (Job it : jobs) {
      it.size();
    }
    jobs.size();
    m.size();
    array.size();
    return j.size();
  }
}
";
    check_one("Job.java", text, ["size", "count"], &["it.count();", "return j.count();"]);
}

#[test]
fn an_argument_is_added_only_where_its_name_is_visible() {
    let text = "\
def load(path):
    return path


def parameter(mode):
    return load(1)


def assigned(a):
    mode = 1
    return load(2)


def nested(mode):
    def inner():
        return load(3)

    return inner


def own(a):
    mode = load(10)
    for mode in load(11):
        pass


def comprehension(modes):
    names = [mode for mode in modes]
    return load(12)


def function(a):
    key = lambda mode: mode
    return load(13)


def block(a):
    if a:
        mode = 1
    return load(14)


def loop(modes):
    for mode in modes:
        print(mode)
    return load(15)


def caught(a):
    try:
        a()
    except E as mode:
        print(mode)
    return load(16)


def matched(a):
    match a:
        case [mode, other]:
            print(mode)
    return load(17)


def other(a):
    def inner(mode):
        return mode

    return load(18)


def generator(mode):
    return load(it for it in mode)
";
    let expected = ["return load(1, mode)", "return load(2, mode)", "return load(3, mode)"];
    check_one("a.py", text, ["load(path)", "load(path, mode)"], &expected);
    let text = "\
function load(path: string) { return path; }
function f(modes: string[]) {
  modes.map(mode => mode.x);
  for (const mode of modes) { print(mode); }
  if (modes) { const mode = 1; print(mode); }
  return load('1');
}
function g(mode: string) {
  return modes.map(it => load(it));
}
function h(a: string) {
  const mode = load('2');
}
";
    let edit = ["(path: string", "(path: string, mode: Mode"];
    check_one("a.ts", text, edit, &["return modes.map(it => load(it, mode));"]);
}

#[test]
fn a_variable_is_not_used_in_its_own_declaration() {
    let text = "fn f() -> u8 {\n    let raw_data = raw_data();\n    raw_data + 1\n}\n";
    check_one("a.rs", text, ["raw_data", "raw_text"], &["raw_text + 1"]);
    let text = "package p\n\nfunc f() int {\n\trawData := rawData()\n\treturn rawData + 1\n}\n";
    check_one("p/a.go", text, ["rawData", "rawText"], &["return rawText + 1"]);
    let text = "class A {\n  int f() {\n    int rawData = rawData();\n    return rawData + rawData(1);\n  }\n}\n";
    check_one("A.java", text, ["rawData", "rawText"], &["return rawText + rawData(1);"]);
}

/// The message after an edit of the first file, which suggests no edit.
pub(crate) fn conflict(files: &[(&str, &str)], edit: [&str; 2]) -> Option<String> {
    let mut project = Project::new(files);
    project.edit(edit);
    let answer = project.ask();
    assert_eq!(answer["edits"], json!([]));
    Some(answer.get("conflict")?["message"].as_str()?.to_owned())
}

#[test]
fn a_name_that_exists_already_is_reported_and_no_use_is_renamed() {
    for (file, text, edit, line) in [
        (
            "a.py",
            "def load():\n    pass\n\n\ndef fetch():\n    pass\n\n\nload()\n",
            ["load", "fetch"],
            5,
        ),
        (
            "a.py",
            "from other import fetch\n\n\ndef load():\n    pass\n\n\nload()\n",
            ["load", "fetch"],
            1,
        ),
        ("a.py", "def load():\n    pass\n\n\nfetch = 3\nload()\n", ["load", "fetch"], 5),
        (
            "a.py",
            "def f(load_item, fetch_item):\n    return load_item\n",
            ["load_item", "fetch_item"],
            1,
        ),
        (
            "a.py",
            "def f(load_item):\n    fetch_item = 3\n    return load_item\n",
            ["load_item", "fetch_item"],
            2,
        ),
        (
            "a.py",
            "fetch_item = 3\n\n\ndef f(load_item):\n    return load_item + fetch_item\n",
            ["load_item", "fetch_item"],
            1,
        ),
        (
            "a.py",
            "class A:\n    def load(self):\n        self.load()\n\n    def fetch(self):\n        pass\n",
            ["load", "fetch"],
            5,
        ),
        ("a.rs", "fn load() {}\nfn fetch() {}\nfn f() {\n    load();\n}\n", ["load", "fetch"], 2),
        ("a.ts", "function load() {}\nconst fetch = 3;\nload();\n", ["load", "fetch"], 2),
    ] {
        let new = edit[1];
        let expected = format!(
            "`{new}` is already declared in line {line}: uses of `{}` are not renamed",
            edit[0]
        );
        assert_eq!(conflict(&[(file, text)], edit), Some(expected), "{text}");
    }
}

#[test]
fn a_name_that_another_file_of_the_package_defines_is_reported() {
    let files = [
        ("p/a.go", "package p\n\nfunc load() {}\n\nfunc f() {\n\tload()\n}\n"),
        ("p/b.go", "package p\n\nfunc fetch() {}\n"),
    ];
    let expected = "`fetch` is already declared in b.go, line 3: uses of `load` are not renamed";
    assert_eq!(conflict(&files, ["load", "fetch"]).as_deref(), Some(expected));
}

#[test]
fn the_same_name_elsewhere_is_no_conflict() {
    let nested =
        "mod x {\n    pub fn fetch() {}\n}\n\nfn load() {}\n\nfn main() {\n    load();\n}\n";
    check(&[("a.rs", nested)], ["load", "fetch"], &["a.rs: fetch();"]);
    for (file, text, edit, expected) in [
        (
            "a.py",
            "def load():\n    pass\n\n\ndef f(fetch):\n    pass\n\n\nload()\n",
            ["load", "fetch"],
            "a.py: fetch()",
        ),
        (
            "a.py",
            "class A:\n    def load(self):\n        self.load()\n\n\nclass B:\n    def fetch(self):\n        pass\n",
            ["load", "fetch"],
            "a.py: self.fetch()",
        ),
        (
            "a.py",
            "def load():\n    pass\n\n\nload(a.fetch, fetch=1)\n",
            ["load", "fetch"],
            "a.py: fetch(a.fetch, fetch=1)",
        ),
        (
            "A.java",
            "class A {\n  void load() {}\n  void fetch(int a) {}\n  void f() {\n    this.load();\n  }\n}\n",
            ["load", "fetch"],
            "A.java: this.fetch();",
        ),
    ] {
        check(&[(file, text)], edit, &[expected]);
    }
}

#[test]
fn a_use_where_the_new_name_means_something_else_is_not_renamed() {
    let text = "def load():\n    pass\n\n\ndef f(fetch):\n    load()\n\n\ndef g():\n    load()\n";
    let mut project = Project::new(&[("a.py", text)]);
    project.edit(["load", "fetch"]);
    let edit = project.ask()["edits"][0].clone();
    assert_eq!(edit["range"]["start"]["line"], 9);
    assert_eq!(edit.get("definition"), None, "another server might rename the other use too");
}

//! Editing sessions of usual kinds: which next edit is shown after which change.
//!
//! A step is `old -> new` for a change by the user at the first place that has `old`, and `Tab` for applying the
//! suggested edit. Behind each step stands the line that the suggestion would make.

use expect_test::{Expect, expect};
use serde_json::json;
use tempfile::TempDir;

use crate::next_edit::{Desk, applied};
use crate::support::editor::{Editor, Hello};

/// Requests until the syntax tree of a document is certainly known, also where many tests run at once.
const ENOUGH: usize = 100;

enum Step {
    Edit(&'static str, &'static str),
    Tab,
}

use Step::{Edit, Tab};

fn check(file: &str, text: &str, steps: &[Step], expected: Expect) {
    let folder = TempDir::new().unwrap();
    let roots = vec![folder.path().to_owned()];
    let capabilities = json!({ "general": { "positionEncodings": ["utf-8"] } });
    let editor = Editor::hello(Hello { roots, capabilities, ..Hello::default() });
    let mut desk = Desk::with_file(folder, editor, file, text);
    let mut shown = None;
    let mut story = String::new();
    for step in steps {
        match step {
            Edit(old, new) => {
                desk.edits(old, 0, new);
                story += &format!("{old} -> {new}");
            }
            Tab => {
                let Some(edit) = shown.take() else { break };
                desk.applies(&edit);
                story += "Tab";
            }
        }
        shown = (0..ENOUGH).find_map(|_| {
            desk.editor.turn();
            desk.next()
        });
        story += &shown.as_ref().map_or("\n    nothing\n".to_owned(), |edit| {
            let line = edit["range"]["start"]["line"].as_u64().unwrap() as usize;
            let after = applied(&desk.text, edit);
            format!("\n    {}: {}\n", line + 1, after.lines().nth(line).unwrap().trim())
        });
    }
    expected.assert_eq(&story);
}

#[test]
fn a_function_is_renamed() {
    let text = "\
fn area(w: f64) -> f64 {
    w * w
}

fn main() {
    let a = area(2.0);
    let b = area(a);
}
";
    check(
        "main.rs",
        text,
        &[Edit("area", "surface"), Tab, Tab],
        expect![[r#"
        area -> surface
            6: let a = surface(2.0);
        Tab
            7: let b = surface(a);
        Tab
            nothing
    "#]],
    );
}

#[test]
fn a_local_variable_is_renamed() {
    let text = "\
def total(rows):
    sub_total = 0
    for row in rows:
        sub_total += row.price
    log(total=sub_total)
    return sub_total


def other(sub_total):
    return sub_total
";
    check(
        "total.py",
        text,
        &[Edit("sub_total = 0", "price_total = 0"), Tab, Tab, Tab],
        expect![[r#"
            sub_total = 0 -> price_total = 0
                4: price_total += row.price
            Tab
                5: log(total=price_total)
            Tab
                6: return price_total
            Tab
                nothing
        "#]],
    );
}

#[test]
fn a_parameter_is_renamed() {
    let text = "\
export function greet(name: string): string {
  if (!name) {
    return \"\";
  }
  return \"Hello \" + name;
}
";
    check(
        "greet.ts",
        text,
        &[Edit("name: string", "userName: string"), Tab, Tab],
        expect![[r#"
            name: string -> userName: string
                2: if (!userName) {
            Tab
                5: return "Hello " + userName;
            Tab
                nothing
        "#]],
    );
}

#[test]
fn a_parameter_is_added() {
    let text = "\
def load(path):
    return open(path)


def first(mode):
    return load(\"a\")


def second(mode):
    return load(\"b\")
";
    check(
        "load.py",
        text,
        &[Edit("load(path)", "load(path, mode)"), Tab, Tab],
        expect![[r#"
        load(path) -> load(path, mode)
            6: return load("a", mode)
        Tab
            10: return load("b", mode)
        Tab
            nothing
    "#]],
    );
}

#[test]
fn a_module_is_moved() {
    let text = "\
from app.models.user import User
from app.models.order import Order
from app.models.item import Item
from app.models.cart import Cart
from app.views import index
";
    let steps = [
        Edit("app.models.user", "app.core.models.user"),
        Edit("app.models.order", "app.core.models.order"),
        Tab,
        Tab,
    ];
    check(
        "urls.py",
        text,
        &steps,
        expect![[r#"
            app.models.user -> app.core.models.user
                nothing
            app.models.order -> app.core.models.order
                3: from app.core.models.item import Item
            Tab
                4: from app.core.models.cart import Cart
            Tab
                5: from app.core.views import index
        "#]],
    );
}

#[test]
fn a_literal_changes_in_a_table() {
    let text = "\
LIMITS = [
    (\"small\", 10, True),
    (\"medium\", 20, True),
    (\"large\", 40, True),
    (\"huge\", 80, True),
]
";
    let steps = [Edit("10, True", "10, False"), Edit("20, True", "20, False"), Tab, Tab];
    check(
        "limits.py",
        text,
        &steps,
        expect![[r#"
            10, True -> 10, False
                nothing
            20, True -> 20, False
                4: ("large", 40, False),
            Tab
                5: ("huge", 80, False),
            Tab
                nothing
        "#]],
    );
}

#[test]
fn an_error_is_passed_on_instead_of_a_panic() {
    let text = "\
fn read() -> Option<u8> {
    let a = next().unwrap();
    let b = next().unwrap();
    let c = peek().unwrap();
    let d = next().unwrap();
    Some(a + b + c + d)
}
";
    let steps = [Edit("next().unwrap()", "next()?"), Edit("next().unwrap()", "next()?"), Tab, Tab];
    check(
        "main.rs",
        text,
        &steps,
        expect![[r#"
            next().unwrap() -> next()?
                nothing
            next().unwrap() -> next()?
                4: let c = peek()?;
            Tab
                5: let d = next()?;
            Tab
                nothing
        "#]],
    );
}

#[test]
fn printing_becomes_logging() {
    let text = "\
def run(job):
    print(\"start\", job)
    job.prepare()
    print(\"ready\", job)
    job.start()
    print(\"done\", job)
    job.close()
    print(\"closed\", job)
";
    let steps = [
        Edit("print(\"start\"", "log.info(\"start\""),
        Edit("print(\"ready\"", "log.info(\"ready\""),
        Tab,
        Tab,
    ];
    check(
        "run.py",
        text,
        &steps,
        expect![[r#"
            print("start" -> log.info("start"
                nothing
            print("ready" -> log.info("ready"
                6: log.info("done", job)
            Tab
                8: log.info("closed", job)
            Tab
                nothing
        "#]],
    );
}

#[test]
fn calls_are_awaited() {
    let text = "\
async function sync(store) {
  const users = fetchUsers(store);
  const orders = fetchOrders(store);
  const items = fetchItems(store);
  return [users, orders, items];
}
";
    let steps = [
        Edit("= fetchUsers", "= await fetchUsers"),
        Edit("= fetchOrders", "= await fetchOrders"),
        Tab,
    ];
    check(
        "sync.ts",
        text,
        &steps,
        expect![[r#"
        = fetchUsers -> = await fetchUsers
            nothing
        = fetchOrders -> = await fetchOrders
            nothing
    "#]],
    );
}

#[test]
fn an_argument_is_removed() {
    let text = "\
func All(ctx Context) {
\topen(ctx, \"a\", nil)
\topen(ctx, \"b\", nil)
\topen(ctx, \"c\", nil)
\topen(ctx, \"d\", opts)
\topen(ctx, \"e\", nil)
}
";
    let steps = [Edit("\"a\", nil", "\"a\""), Edit("\"b\", nil", "\"b\""), Tab, Tab];
    check(
        "all.go",
        text,
        &steps,
        expect![[r#"
            "a", nil -> "a"
                nothing
            "b", nil -> "b"
                4: open(ctx, "c")
            Tab
                6: open(ctx, "e")
            Tab
                nothing
        "#]],
    );
}

#[test]
fn unrelated_edits_suggest_nothing() {
    let text = "\
def first(a):
    return a + 1


def second(b):
    return b * 2


def third(c):
    return c - 3
";
    let steps = [Edit("a + 1", "a + 2"), Edit("b * 2", "b / 2"), Edit("return c", "return abs(c)")];
    check(
        "maths.py",
        text,
        &steps,
        expect![[r#"
        a + 1 -> a + 2
            nothing
        b * 2 -> b / 2
            nothing
        return c -> return abs(c)
            nothing
    "#]],
    );
}

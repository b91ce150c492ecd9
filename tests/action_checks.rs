//! Code actions with the answers of a small model: the edit is right, or it is refused with a reason.

use expect_test::expect;
use serde_json::{Value, json};

use crate::support::editor::uri;
use crate::support::stage::{Stage, answer, applied, text_event};
use crate::support::upstream::script::{Script, Step};

/// Two functions of a web framework.
const HELPERS: &str = "\
import os
import typing as t


def get_debug_flag() -> bool:
    \"\"\"Get whether debug mode should be enabled for the app, indicated by the
    :envvar:`FLASK_DEBUG` environment variable. The default is ``False``.
    \"\"\"
    val = os.environ.get(\"FLASK_DEBUG\")
    return bool(val and val.lower() not in (\"0\", \"false\", \"no\"))


def get_load_dotenv(default: bool = True) -> bool:
    \"\"\"Get whether the user has disabled loading default dotenv files by
    setting :envvar:`FLASK_SKIP_DOTENV`. The default is ``True``, load
    the files.

    :param default: What to return if the env var isn't set.
    \"\"\"
    val = os.environ.get(\"FLASK_SKIP_DOTENV\")

    if not val:
        return default

    return val.lower() in (\"0\", \"false\", \"no\")
";

const SET: &str = "Use a set of lower case strings for the values that count as false.";

fn fenced(code: &str) -> Script {
    answer(&format!("```\n{code}```\n"))
}

/// A stage whose providers answer with these, each with its last one again.
fn stage(name: &str, text: &str, providers: Vec<Vec<Script>>) -> Stage {
    let first = providers.iter().map(|it| it[0].clone()).collect();
    let mut stage = Stage::new(first);
    for (upstream, scripts) in stage.upstreams.iter().zip(providers) {
        upstream.answers_in_turn(scripts);
    }
    stage.uri = uri(&stage.folder.path().join(name));
    stage.editor.open(&stage.uri.clone(), "", text);
    stage
}

/// Runs an action on lines, from 1.
fn act(stage: &mut Stage, action: &str, (from, to): (usize, usize), instruction: &str) {
    let range = json!({
        "start": { "line": from - 1, "character": 0 },
        "end": { "line": to, "character": 0 },
    });
    let id = stage.start(action, json!({ "range": range, "instruction": instruction }));
    assert_eq!(stage.editor.result(id), Value::Null);
}

/// The part of a text between two markers, the first one included.
fn part<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap();
    let end = text[start..].find(to).map_or(text.len(), |it| start + it);
    &text[start..end]
}

#[test]
fn an_edit_that_returns_the_neighbour_of_the_selected_function_is_refused() {
    let neighbour = part(HELPERS, "def get_load_dotenv", "\0");
    let neighbour = neighbour.replace("(\"0\", \"false\", \"no\")", "{\"0\", \"false\", \"no\"}");
    let mut stage = stage("helpers.py", HELPERS, vec![vec![fenced(&neighbour)]]);
    act(&mut stage, "edit", (5, 10), SET);
    let (message, shown) = stage.refused();
    assert_eq!(
        message,
        "Understudy: nothing was changed: the answer has no `get_debug_flag` (p0/m)"
    );
    assert!(shown.contains("def get_load_dotenv"), "{shown}");
    assert_eq!(stage.hits(), [2]);
}

#[test]
fn the_reason_is_told_to_the_same_model_once_and_then_another_model_is_asked() {
    let neighbour = part(HELPERS, "def get_load_dotenv", "\0");
    let right = part(HELPERS, "def get_debug_flag", "\n\ndef").replace('(', "{").replace(')', "}");
    let right =
        right.replace("flag{}", "flag()").replace("get{\"FLASK_DEBUG\"}", "get(\"FLASK_DEBUG\")");
    let right =
        right.replace("bool{val", "bool(val").replace("lower{}", "lower()").replace("}}", "})");
    let expected = HELPERS.replacen("(\"0\", \"false\", \"no\")", "{\"0\", \"false\", \"no\"}", 1);

    let mut one = stage("helpers.py", HELPERS, vec![vec![fenced(neighbour), fenced(&right)]]);
    act(&mut one, "edit", (5, 10), SET);
    assert_eq!(one.edited(HELPERS, 0), expected);
    assert_eq!(one.hits(), [2]);
    let asked: Value = serde_json::from_str(&one.asked(0)).unwrap();
    let turns = asked["messages"].as_array().unwrap();
    let [.., told] = turns.as_slice() else { panic!("{asked}") };
    assert!(!asked.to_string().contains("get_load_dotenv"), "{asked}");
    let told = told["content"].as_str().unwrap();
    expect!["The function `get_debug_flag` is missing from an earlier answer. Return exactly that function, changed."]
        .assert_eq(told.rsplit("\n\n").next().unwrap());

    let providers = vec![vec![fenced(neighbour)], vec![fenced(&right)]];
    let mut two = stage("helpers.py", HELPERS, providers);
    act(&mut two, "edit", (5, 10), SET);
    assert_eq!(two.edited(HELPERS, 0), expected);
    assert_eq!(two.hits(), [2, 1]);
    assert!(!two.asked(1).contains("is missing from an earlier answer"), "{}", two.asked(1));
}

#[test]
fn tests_of_other_code_are_refused() {
    let other = "import helpers\n\n\ndef test_dotenv():\n    assert helpers.get_load_dotenv()\n";
    let right = "import helpers\n\n\ndef test_off():\n    assert not helpers.get_debug_flag()\n";
    let mut stage = stage("helpers.py", HELPERS, vec![vec![fenced(other), fenced(right)]]);
    act(&mut stage, "test", (5, 10), "");
    let edit = stage.editor.take_request("workspace/applyEdit").to_string();
    assert!(edit.contains("def test_off"), "{edit}");
    assert_eq!(stage.hits(), [2]);
    let asked = stage.asked(0);
    assert!(asked.contains("no test of the answer uses `get_debug_flag`"), "{asked}");

    let text = "class A:\n    def __init__(self, b):\n        self.b = b\n";
    let answer = "import a\n\n\ndef test_b():\n    assert a.A(1).b == 1\n";
    let mut stage = self::stage("a.py", text, vec![vec![fenced(answer)]]);
    act(&mut stage, "test", (2, 3), "");
    let edit = stage.editor.take_request("workspace/applyEdit").to_string();
    assert!(edit.contains("def test_b"), "{edit}");
}

#[test]
fn names_that_are_taken_are_asked_for_again() {
    let text = "def count(text):\n    a = {}\n    for b in text.split():\n        a[b] = a.get(b, 0) + 1\n    return a\n";
    let taken = answer("a -> text\nb -> text\n");
    let mut stage = stage("count.py", text, vec![vec![taken, answer("a -> counts\nb -> word\n")]]);
    act(&mut stage, "rename", (1, 5), "");
    let edited = stage.edited(text, 0);
    assert!(edited.contains("counts[word] = counts.get(word, 0) + 1"), "{edited}");
    let asked = stage.asked(0);
    assert!(asked.contains("no name for `a`, `b` that is not used yet"), "{asked}");
}

#[test]
fn a_repeated_neighbour_is_removed_from_the_answer() {
    let both = part(HELPERS, "def get_debug_flag", "\0").replace("(\"0\"", "{\"0\"");
    let both = both.replace("\"no\"))", "\"no\"})").replace("\"no\")\n", "\"no\"}\n");
    let mut stage = stage("helpers.py", HELPERS, vec![vec![fenced(&both)]]);
    act(&mut stage, "edit", (5, 10), SET);
    let expected = HELPERS.replacen("(\"0\", \"false\", \"no\")", "{\"0\", \"false\", \"no\"}", 1);
    assert_eq!(stage.edited(HELPERS, 0), expected);
}

/// Repeats an action until its outcome is as expected: the document is parsed in the background.
fn parsed(
    stage: &mut Stage,
    action: &str,
    (lines, instruction): ((usize, usize), &str),
    text: &str,
    is_expected: impl Fn(&str) -> bool,
) {
    stage.editor.forgiving = true;
    let mut seen = String::new();
    for _ in 0..50 {
        act(stage, action, lines, instruction);
        seen = if stage.editor.has_unread("workspace/applyEdit") {
            let edit = stage.editor.take_request("workspace/applyEdit");
            let edits = &edit["edit"]["documentChanges"][0]["edits"];
            applied(text, edits.as_array().unwrap())
        } else {
            stage.editor.take("window/showMessage")["message"].to_string()
        };
        if is_expected(&seen) {
            return;
        }
    }
    panic!("{seen}");
}

#[test]
fn a_selection_that_reaches_into_the_next_function_is_widened_to_both() {
    let first = part(HELPERS, "def get_debug_flag", "\n\ndef");
    let mut deleting = stage("helpers.py", HELPERS, vec![vec![fenced(first)]]);
    let refused = |seen: &str| seen.contains("the answer has no `get_load_dotenv`");
    parsed(&mut deleting, "edit", ((5, 15), SET), HELPERS, refused);
    let asked = deleting.asked(0);
    assert!(asked.contains("return default"), "{asked}");

    let mut menu = stage("helpers.py", HELPERS, vec![vec![fenced(first)]]);
    let range =
        json!({ "start": { "line": 4, "character": 0 }, "end": { "line": 15, "character": 0 } });
    let mut titles = Vec::new();
    for _ in 0..5000 {
        let context = json!({ "diagnostics": [], "triggerKind": 1 });
        let params =
            json!({ "textDocument": { "uri": menu.uri }, "range": range, "context": context });
        let found = menu.editor.request("textDocument/codeAction", params);
        titles = found.as_array().unwrap().iter().map(|it| it["title"].to_string()).collect();
        if titles.iter().any(|it| it.contains("widened")) {
            break;
        }
    }
    assert_eq!(titles[0], "\"Understudy: Explain\"");
    assert_eq!(titles[1], "\"Understudy: Edit as I say… (widened to lines 5-25)\"");
}

#[test]
fn documentation_is_taken_without_changes_of_the_code() {
    let text = "def area(width, height):\n    return width * height\n";
    let right = text.replace(":\n", ":\n    \"\"\"Return the area.\"\"\"\n");
    for answer in [right.clone(), right.replace("width * height", "height * width")] {
        let mut documented = stage("area.py", text, vec![vec![fenced(&answer)]]);
        act(&mut documented, "document", (1, 2), "");
        assert_eq!(documented.edited(text, 0), right, "{answer}");
    }
    let changed = text.replace("width * height", "height * width");
    let mut changed = stage("area.py", text, vec![vec![fenced(&changed)]]);
    act(&mut changed, "document", (1, 2), "");
    let (message, _) = changed.refused();
    assert!(message.contains("the answer replaces `width` in line 2 with `height`"), "{message}");
}

#[test]
fn a_function_of_fifteen_lines_may_be_simplified_to_two() {
    let text = "def f(a):\n    if a == 1:\n        result = True\n    elif a == 2:\n        result = True\n    elif a == 3:\n        result = True\n    else:\n        result = False\n    if result:\n        return True\n    else:\n        return False\n";
    let new = "def f(a):\n    return a in (1, 2, 3)\n";
    let mut stage = stage("f.py", text, vec![vec![fenced(new)]]);
    act(&mut stage, "simplify", (1, 13), "");
    assert_eq!(stage.edited(text, 0), new);
}

#[test]
fn imports_of_an_answer_are_part_of_the_edit_at_the_imports_of_the_file() {
    let text = "import os\n\n\nclass A:\n    def f(self):\n        return 1\n";
    let new = "import os\nimport json\n\ndef f(self):\n    return json.dumps(1)\n";
    let expected =
        "import os\nimport json\n\n\nclass A:\n    def f(self):\n        return json.dumps(1)\n";
    let mut stage = stage("a.py", text, vec![vec![fenced(new)]]);
    parsed(&mut stage, "edit", ((5, 6), "Return JSON."), text, |seen| seen == expected);
}

#[test]
fn a_prompt_ends_with_the_selection_and_shows_signatures_of_the_code_around_it() {
    let right = part(HELPERS, "def get_debug_flag", "\n\ndef").replace("val =", "value =");
    let right = right.replace("bool(val and val", "bool(value and value");
    let mut stage = stage("helpers.py", HELPERS, vec![vec![fenced(&right)]]);
    let expected = HELPERS.replacen(part(HELPERS, "def get_debug_flag", "\n\ndef"), &right, 1);
    let mut asked = String::new();
    // The document is parsed in the background.
    for _ in 0..50 {
        act(&mut stage, "edit", (5, 10), "Use value instead of val.");
        assert_eq!(stage.edited(HELPERS, 0), expected);
        let body: Value = serde_json::from_str(&stage.asked(0)).unwrap();
        // A local server would otherwise sample.
        assert_eq!(body["temperature"], 0);
        asked = body["messages"][1]["content"].as_str().unwrap().to_owned();
        if asked.contains("the function `get_debug_flag`") {
            break;
        }
    }
    let asked = &asked[asked.find("`helpers.py`, before").unwrap()..];
    expect![[r#"
        `helpers.py`, before the selection:
        ```python
        import os
        import typing as t


        ```
        `helpers.py`, behind the selection:
        ```python


        def get_load_dotenv(default: bool = True) -> bool: ...
        ```

        `helpers.py`, the selection:
        ```python
        def get_debug_flag() -> bool:
            """Get whether debug mode should be enabled for the app, indicated by the
            :envvar:`FLASK_DEBUG` environment variable. The default is ``False``.
            """
            val = os.environ.get("FLASK_DEBUG")
            return bool(val and val.lower() not in ("0", "false", "no"))
        ```

        Change the selection as its author says, and nothing else:
        Use value instead of val.

        Return exactly the function `get_debug_flag`, changed, complete, in a single fenced code block, and nothing else: no explanation, nothing left out, nothing from outside the selection."#]]
    .assert_eq(asked);
}

#[test]
fn an_answer_that_continues_with_the_next_function_is_ended_there() {
    let right = part(HELPERS, "def get_debug_flag", "\n\ndef").replace("val", "value");
    let run_on =
        format!("```python\n{right}\n\ndef get_load_dotenv(default: bool = True) -> bool:\n    ");
    let script = Script::stream(text_event(&run_on)).then(Step::Stall);
    let mut stage = stage("helpers.py", HELPERS, vec![vec![script]]);
    act(&mut stage, "edit", (5, 10), "Use value instead of val.");
    let expected = HELPERS.replacen(part(HELPERS, "def get_debug_flag", "\n\ndef"), &right, 1);
    assert_eq!(stage.edited(HELPERS, 0), expected);
    assert_eq!(stage.hits(), [1]);
}

/// The change annotation of an edit that a stage with these settings sends.
fn confirmation(settings: &str, text: &str, new: &str) -> Value {
    let mut stage = Stage::with(settings, json!({}), vec![fenced(new)]);
    stage.uri = uri(&stage.folder.path().join("f.py"));
    stage.editor.open(&stage.uri.clone(), "", text);
    act(&mut stage, "edit", (1, text.lines().count()), "Rename it.");
    let edit = stage.editor.take_request("workspace/applyEdit")["edit"].take();
    let id = edit["documentChanges"][0]["edits"][0]["annotationId"].clone();
    id.as_str().map_or(Value::Null, |it| edit["changeAnnotations"][it]["needsConfirmation"].clone())
}

#[test]
fn a_large_edit_is_confirmed_in_the_editor_unless_the_settings_say_otherwise() {
    let text = |name: &str| {
        let lines: String = (0..20).map(|it| format!("    {name}({it})\n")).collect();
        format!("def f({name}):\n{lines}")
    };
    let (old, new) = (text("call"), text("apply"));
    assert_eq!(confirmation("", &old, &new), true);
    assert_eq!(confirmation("actions.review = \"never\"", &old, &new), Value::Null);
    let (old, new) = ("def f(a):\n    return a\n", "def f(b):\n    return b\n");
    assert_eq!(confirmation("", old, new), Value::Null);
    assert_eq!(confirmation("actions.review = \"always\"", old, new), true);
    // The other part of the document has a syntax error.
    assert_eq!(confirmation("", &format!("{old}x = (\n"), &format!("{new}x = (\n")), true);
}

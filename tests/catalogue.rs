//! Every action in common languages. The prompts of a language are in one fixture, the answer is in the
//! edited file, and an unusable answer changes nothing.

use std::fmt::Write as _;
use std::fs;

use expect_test::expect_file;
use serde_json::{Value, json};
use understudy::prompt::action;
use understudy::prompt::action::{ActionOutput, Freedom};

use crate::support::stage::{Stage, answer, applied};

/// A function with its file, and a shorter version of the function.
struct Sample {
    language: &'static str,
    file: &'static str,
    head: &'static str,
    code: &'static str,
    better: &'static str,
    /// Code that ends in the middle.
    broken: &'static str,
}

const SAMPLES: &[Sample] = &[
    Sample {
        language: "rust",
        file: "src/area.rs",
        head: "//! Areas.\n\n",
        code: "pub fn area(width: f64, height: f64) -> f64 {\n    // TODO: größer\n    let area = width * height;\n    return area;\n}\n",
        better: "pub fn area(width: f64, height: f64) -> f64 {\n    width * height\n}\n",
        broken: "pub fn area(width: f64, height: f64) -> f64 {\n    width * (height\n",
    },
    Sample {
        language: "python",
        file: "area.py",
        head: "import math\n\n\n",
        code: "def area(width, height):\n    # TODO: größer\n    area = width * height\n    return area\n",
        better: "def area(width, height):\n    return width * height\n",
        broken: "def area(width, height):\n    return (width * height\n",
    },
    Sample {
        language: "typescript",
        file: "area.ts",
        head: "import { log } from \"./log\";\n\n",
        code: "export function area(width: number, height: number): number {\n  // TODO: größer\n  const area = width * height;\n  return area;\n}\n",
        better: "export function area(width: number, height: number): number {\n  return width * height;\n}\n",
        broken: "export function area(width: number, height: number): number {\n  return width * height;\n",
    },
    Sample {
        language: "javascript",
        file: "area.js",
        head: "import { log } from \"./log.js\";\n\n",
        code: "export function area(width, height) {\n  // TODO: größer\n  const area = width * height;\n  return area;\n}\n",
        better: "export function area(width, height) {\n  return width * height;\n}\n",
        broken: "export function area(width, height) {\n  return width * height;\n",
    },
    Sample {
        language: "go",
        file: "area.go",
        head: "package shapes\n\n",
        code: "func Area(width, height float64) float64 {\n\t// TODO: größer\n\tarea := width * height\n\treturn area\n}\n",
        better: "func Area(width, height float64) float64 {\n\treturn width * height\n}\n",
        broken: "func Area(width, height float64) float64 {\n\treturn width * height\n",
    },
    Sample {
        language: "java",
        file: "src/main/java/Area.java",
        head: "class Area {\n",
        code: "    double area(double width, double height) {\n        // TODO: größer\n        double area = width * height;\n        return area;\n    }\n",
        better: "    double area(double width, double height) {\n        return width * height;\n    }\n",
        broken: "    double area(double width, double height) {\n        return width * height;\n",
    },
    Sample {
        language: "c",
        file: "area.c",
        head: "#include <math.h>\n\n",
        code: "double area(double width, double height) {\n    /* TODO: größer */\n    double area = width * height;\n    return area;\n}\n",
        better: "double area(double width, double height) {\n    return width * height;\n}\n",
        broken: "double area(double width, double height) {\n    return (width * height;\n",
    },
    Sample {
        language: "ruby",
        file: "lib/area.rb",
        head: "require \"set\"\n\n",
        code: "def area(width, height)\n  # TODO: größer\n  area = width * height\n  return area\nend\n",
        better: "def area(width, height)\n  width * height\nend\n",
        broken: "def area(width, height)\n  width * (height\n",
    },
    Sample {
        language: "php",
        file: "src/Area.php",
        head: "<?php\n\n",
        code: "function area(float $width, float $height): float {\n    // TODO: größer\n    $area = $width * $height;\n    return $area;\n}\n",
        better: "function area(float $width, float $height): float {\n    return $width * $height;\n}\n",
        broken: "function area(float $width, float $height): float {\n    return ($width * $height;\n",
    },
];

impl Sample {
    /// The function's name before its parameters, and what it gives.
    fn names(&self) -> (&'static str, &'static str) {
        let name = if self.language == "go" { "Area(" } else { "area(" };
        let product = if self.language == "php" { "$width * $height" } else { "width * height" };
        (name, product)
    }

    fn call(&self, name: &str) -> String {
        format!("{name}{})", self.names().1.replace(" *", ","))
    }

    fn text(&self) -> String {
        let tail = if self.head.starts_with("class") { "}\n" } else { "" };
        format!("{}{}{tail}", self.head, self.code)
    }

    fn stage(&self, reply: &str) -> Stage {
        let mut stage = Stage::new(vec![answer(reply)]);
        let path = stage.folder.path().join(self.file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        stage.uri = crate::support::editor::uri(&path);
        // A streamed answer sends progress that these tests do not read.
        stage.editor.forgiving = true;
        stage.editor.open(&stage.uri, self.language, &self.text());
        stage
    }

    fn act(&self, stage: &mut Stage, action: &str) {
        let line = |it: usize| json!({ "line": it, "character": 0 });
        let first = self.head.lines().count();
        let range = json!({ "start": line(first), "end": line(first + self.code.lines().count()) });
        let act = json!({
            "uri": stage.uri, "version": 0, "range": range, "action": action,
            "instruction": (action == "edit").then_some("Say it shorter."),
            "diagnostics": if action == "fix" { json!([{
                "range": range, "message": "too long", "source": "lint", "severity": 2,
            }]) } else { json!([]) },
        });
        let params = json!({ "command": "understudy.act", "arguments": [act] });
        let id = stage.editor.send("workspace/executeCommand", params);
        assert_eq!(stage.editor.result(id), Value::Null);
    }
}

#[test]
fn every_action_works_in_every_language() {
    for sample in SAMPLES {
        let first = sample.code.lines().next().unwrap();
        let finding = format!("{}: it is long\n- {first}", sample.head.lines().count() + 1);
        let mut page = format!("What a model is asked of code in {}.\n", sample.language);
        for action in action::catalogue().into_iter().filter(|it| it.gives != ActionOutput::Message)
        {
            let name = &*action.name;
            let better = match action.freedom() {
                // Only the comment may change.
                Freedom::Documentation | Freedom::Types | Freedom::Names => {
                    sample.code.replace("größer", "larger")
                }
                Freedom::Form | Freedom::Shortening | Freedom::Instruction | Freedom::Repair => {
                    sample.better.to_owned()
                }
                Freedom::Split => {
                    let (name, product) = sample.names();
                    let new = sample.better.replace(name, "product(");
                    format!("{}\n{new}", sample.better.replace(product, &sample.call("product(")))
                }
            };
            let better = match action.gives {
                ActionOutput::Tests => {
                    let (name, product) = sample.names();
                    better.replace(name, "checked(").replace(product, &sample.call(name))
                }
                _ => better,
            };
            let fence = format!("```{}\n{better}```", sample.language);
            let reply = match action.gives {
                ActionOutput::Edit | ActionOutput::Tests => &fence,
                ActionOutput::Answer => "It is the **area**.",
                ActionOutput::Findings | ActionOutput::Message => &finding,
            };
            let mut stage = sample.stage(reply);
            sample.act(&mut stage, name);
            let body: Value = serde_json::from_str(&stage.asked(0)).unwrap();
            let asked = body["messages"][1]["content"].as_str().unwrap();
            // The prompt starts with the stage's settings, whose ports vary: compare from the file on.
            let asked = &asked[asked.find(&format!("`{}`", sample.file)).unwrap()..];
            writeln!(page, "\n===== {name}\n\n{asked}").unwrap();
            match action.gives {
                ActionOutput::Edit => {
                    let edit = stage.editor.take_request("workspace/applyEdit");
                    let edits = edit["edit"]["documentChanges"][0]["edits"].as_array().unwrap();
                    let expected = sample.text().replace(sample.code, &better);
                    assert_eq!(
                        applied(&sample.text(), edits),
                        expected,
                        "{} {name}",
                        sample.language
                    );
                }
                ActionOutput::Tests => _ = stage.editor.take_request("workspace/applyEdit"),
                ActionOutput::Answer => {
                    let said = stage.editor.take("understudy/answer");
                    assert!(said.is_object(), "{} {name}", sample.language);
                }
                ActionOutput::Findings => {
                    let said = stage.editor.take("textDocument/publishDiagnostics");
                    assert_eq!(
                        said["diagnostics"].as_array().map(Vec::len),
                        Some(1),
                        "{}",
                        sample.language
                    );
                }
                ActionOutput::Message => {}
            }
        }
        expect_file![format!("fixtures/actions/{}.txt", sample.language)].assert_eq(&page);
    }
}

#[test]
fn an_unusable_answer_changes_nothing_in_any_language() {
    for sample in SAMPLES {
        let language = sample.language;
        let other = if language == "python" { "rust" } else { "python" };
        let other = SAMPLES.iter().find(|it| it.language == other).unwrap();
        let elsewhere = "def load_settings(path):\n    with open(path) as file:\n        return parse(file.read())\n";
        let cases = [
            ("prose", "I would simply multiply them.".to_owned()),
            ("another language", format!("```{}\n{}```", other.language, other.better)),
            ("half a block", format!("```{language}\n{}", sample.better)),
            ("what breaks off", format!("```{language}\n{}```", sample.broken)),
            ("two of them", format!("```\n{0}```\nor\n```\n{0}\n{0}```", sample.better)),
            ("another file's", format!("```\n{elsewhere}```")),
            ("too long", format!("```{language}\n{}\n```", "x = 1\n".repeat(40_000))),
            ("an empty fence", "```\n```".to_owned()),
        ];
        for (what, reply) in cases {
            let mut stage = sample.stage(&reply);
            sample.act(&mut stage, "simplify");
            assert!(!stage.editor.has_unread("workspace/applyEdit"), "{language}, {what}");
            let message = stage.editor.take("window/showMessage");
            let words = message["message"].as_str().unwrap();
            let starts = words.starts_with("Understudy: nothing was changed: ");
            assert!(starts, "{language}, {what}: {words}");
        }
    }
}

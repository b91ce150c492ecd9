//! Notebooks: the prompt for a cell contains the other cells, however the editor reports them.

use std::collections::HashSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::editor::{Editor, inline, uri};
use crate::support::models::{Stage, answer};

const FILE: &str = include_str!("fixtures/languages/python/wheel.py");
/// Requests are for cell 3.
const CELLS: [(&str, &str); 6] = [
    ("python", "import numpy as first_library"),
    ("markdown", "# Load the data\n\nAll of it."),
    ("python", "second_table = first_library.load()\n"),
    ("python", "third_value = "),
    ("python", "fourth_value = third_value + 1"),
    ("sql", "select fifth_column from table"),
];
const ASKED: usize = 3;

/// How an editor reports a notebook.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// LSP's notebook synchronization.
    Synced,
    /// A document for each cell, named as in VS Code.
    Named,
    /// A document for each cell, named after the notebook's file.
    Numbered,
}

const WAYS: [Way; 3] = [Way::Synced, Way::Named, Way::Numbered];

/// An order of opening that differs from the order in the notebook.
fn shuffled(count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).rev().collect();
    order.rotate_left(count / 3);
    order
}

struct Book {
    way: Way,
    /// The uri of the notebook without its scheme.
    path: String,
}

/// An editor with a notebook and a provider.
struct World {
    stage: Stage,
    book: Book,
}

impl World {
    fn new(way: Way) -> Self {
        let stage = Stage::in_turn("", vec![answer("1")]);
        let book = Book::named(way, stage.folder.path());
        Self { stage, book }
    }

    fn open(&mut self, cells: &[(&str, &str)]) {
        self.book.tell(&mut self.stage.editor, cells);
    }

    fn key(&self, cell: usize) -> String {
        self.book.key(cell)
    }

    /// The prompt at a position in a cell.
    fn prompt(&mut self, cell: usize, at: (u32, u32)) -> String {
        let key = self.key(cell);
        prompt(&mut self.stage, &key, at)
    }
}

impl Book {
    fn named(way: Way, folder: &Path) -> Self {
        let uri = uri(&folder.join("book.ipynb"));
        let path = uri.strip_prefix("file:").unwrap().to_owned();
        Self { way, path }
    }

    fn key(&self, cell: usize) -> String {
        match self.way {
            // The names do not reveal the order.
            Way::Synced => format!("vscode-notebook-cell:{}#{}", self.path, 99 - cell),
            Way::Named => {
                let digits = format!("{}{}", if cell < 7 { "" } else { "1" }, cell % 7);
                let length = if cell < 7 { 'W' } else { 'X' };
                format!("vscode-notebook-cell:{}#{length}{digits}sZmlsZQ%3D%3D", self.path)
            }
            Way::Numbered => format!("file:{}#cell-{cell}", self.path),
        }
    }

    fn item(&self, cell: usize, language: &str, text: &str) -> Value {
        json!({ "uri": self.key(cell), "languageId": language, "version": 0, "text": text })
    }

    fn cell(&self, cell: usize, language: &str) -> Value {
        json!({ "kind": if language == "markdown" { 1 } else { 2 }, "document": self.key(cell) })
    }

    fn tell(&self, editor: &mut Editor, cells: &[(&str, &str)]) {
        let order = shuffled(cells.len());
        let items = order.iter().map(|it| self.item(*it, cells[*it].0, cells[*it].1));
        let items: Vec<Value> = items.collect();
        if self.way != Way::Synced {
            for item in items {
                editor.notify("textDocument/didOpen", json!({ "textDocument": item }));
            }
            return;
        }
        let all = cells.iter().enumerate().map(|(at, it)| self.cell(at, it.0));
        let notebook = json!({
            "uri": format!("file:{}", self.path),
            "notebookType": "jupyter-notebook",
            "version": 0,
            "cells": all.collect::<Vec<_>>(),
        });
        let params = json!({ "notebookDocument": notebook, "cellTextDocuments": items });
        editor.notify("notebookDocument/didOpen", params);
    }
}

/// The prompt without the context of other files.
fn prompt(stage: &mut Stage, uri: &str, at: (u32, u32)) -> String {
    stage.editor.request("textDocument/inlineCompletion", inline(uri, at, 1));
    stage.asked()
}

/// The cell's prompt from the start of its notebook, with the cursor marked.
fn shown(prompt: &str) -> String {
    let prompt = prompt.rsplit_once("<|fim_prefix|>").unwrap().1;
    prompt.replace("<|fim_suffix|>", "|").replace("<|fim_middle|>", "")
}

#[test]
fn earlier_cells_precede_the_cell_in_the_prompt_and_later_cells_follow() {
    for way in WAYS {
        let mut book = World::new(way);
        book.open(&CELLS);
        let prompt = shown(&book.prompt(ASKED, (0, 14)));
        assert!(
            prompt.ends_with(
                "import numpy as first_library\n\n# # Load the data\n# All of it.\n\n\
                 second_table = first_library.load()\n\nthird_value = |\n\n\
                 fourth_value = third_value + 1\n\n# select fifth_column from table"
            ),
            "{way:?}: {prompt}"
        );
    }
}

#[test]
fn text_typed_in_one_cell_is_in_the_prompts_of_the_others() {
    for way in WAYS {
        let mut book = World::new(way);
        book.open(&CELLS);
        let key = book.key(0);
        let at = json!({ "line": 0, "character": 0 });
        let changes =
            json!([{ "range": { "start": at, "end": at }, "text": "import new_library\n" }]);
        let id = json!({ "uri": key, "version": 1 });
        let (method, params) = match way {
            Way::Synced => (
                "notebookDocument/didChange",
                json!({
                    "notebookDocument": { "uri": format!("file:{}", book.book.path), "version": 1 },
                    "change": { "cells": { "textContent": [{ "document": id, "changes": changes }] } },
                }),
            ),
            Way::Named | Way::Numbered => {
                ("textDocument/didChange", json!({ "textDocument": id, "contentChanges": changes }))
            }
        };
        book.stage.editor.notify(method, params);
        let prompt = shown(&book.prompt(ASKED, (0, 14)));
        assert!(prompt.contains("import new_library\nimport numpy as first_library\n"), "{prompt}");
    }
}

#[test]
fn a_closed_cell_is_in_no_prompt() {
    for way in [Way::Named, Way::Numbered] {
        let mut book = World::new(way);
        book.open(&CELLS);
        book.prompt(ASKED, (0, 14));
        let key = book.key(2);
        book.stage.editor.close(&key);
        // The closed cell is left out once context is collected for another place.
        let key = book.key(4);
        let prompt = shown(&prompt(&mut book.stage, &key, (0, 3)));
        assert!(!prompt.contains("second_table"), "{prompt}");
    }
}

#[test]
fn cells_are_added_removed_and_moved_as_the_editor_reports() {
    let mut book = World::new(Way::Synced);
    book.open(&CELLS);
    let change = |book: &mut World, cells: Value| {
        let id = json!({ "uri": format!("file:{}", book.book.path), "version": 1 });
        let params = json!({ "notebookDocument": id, "change": { "cells": cells } });
        book.stage.editor.notify("notebookDocument/didChange", params);
    };
    // Inserts a cell at the start and moves the second last one there.
    let new = json!({ "structure": {
        "array": { "start": 0, "deleteCount": 0, "cells": [book.book.cell(9, "python")] },
        "didOpen": [book.book.item(9, "python", "zeroth_value = 0")],
    } });
    change(&mut book, new);
    change(&mut book, json!({ "structure": { "array": { "start": 5, "deleteCount": 1 } } }));
    let moved = json!({ "structure": {
        "array": { "start": 0, "deleteCount": 0, "cells": [book.book.cell(4, "python")] },
    } });
    change(&mut book, moved);
    let prompt = shown(&book.prompt(ASKED, (0, 14)));
    let expected =
        "fourth_value = third_value + 1\n\nzeroth_value = 0\n\nimport numpy as first_library\n";
    assert!(prompt.starts_with(expected) || prompt.contains(&format!("\n{expected}")), "{prompt}");
    let closed = json!({ "structure": {
        "array": { "start": 1, "deleteCount": 1 },
        "didClose": [{ "uri": book.key(9) }],
    } });
    change(&mut book, closed);
    let markup = json!({ "data": [book.book.cell(4, "markdown")] });
    change(&mut book, markup);
    let prompt = shown(&book.prompt(ASKED, (0, 14)));
    assert!(!prompt.contains("zeroth_value") && prompt.contains("# fourth_value"), "{prompt}");
    let cells: Vec<Value> = (0..6).map(|it| json!({ "uri": book.key(it) })).collect();
    let id = json!({ "uri": format!("file:{}", book.book.path) });
    let params = json!({ "notebookDocument": id, "cellTextDocuments": cells });
    book.stage.editor.notify("notebookDocument/didClose", params);
    let key = book.key(ASKED);
    let gone = book.stage.editor.request("textDocument/inlineCompletion", inline(&key, (0, 3), 1));
    assert_eq!(gone, Value::Null);
}

#[test]
fn the_server_requests_notebook_synchronization() {
    let stage = Stage::in_turn("", vec![answer("1")]);
    let sync = &stage.editor.initialized["capabilities"]["notebookDocumentSync"];
    assert_eq!(sync["notebookSelector"], json!([{ "notebook": "*" }]));
}

#[test]
fn the_built_in_model_learns_from_other_cells() {
    let said = "total_of_all = compute_total(first_value, second_value)\n".repeat(8);
    for way in WAYS {
        let folder = tempfile::tempdir().unwrap();
        let mut editor = Editor::new(&[folder.path()]);
        let book = Book::named(way, folder.path());
        book.tell(&mut editor, &[("python", &said), ("python", "total_of_all = compute_t")]);
        assert_eq!(
            editor.ghost(&book.key(1), (0, 24)),
            ["otal(first_value, second_value)"],
            "{way:?}"
        );
    }
}

/// The prompt of an action on a cell contains the other cells.
#[test]
fn the_prompt_of_an_action_contains_the_other_cells() {
    for way in WAYS {
        let mut stage =
            crate::support::stage::Stage::new(vec![crate::support::stage::answer("It adds.")]);
        let book = Book::named(way, stage.folder.path());
        book.tell(&mut stage.editor, &CELLS);
        stage.uri = book.key(4);
        stage.editor.forgiving = true;
        stage.act("explain");
        let asked = stage.asked(0);
        assert!(
            asked.contains("import numpy as first_library") && asked.contains("fourth_value"),
            "{asked}"
        );
    }
}

fn names(text: &str) -> HashSet<&str> {
    let words = text.split(|it: char| !it.is_alphanumeric() && it != '_');
    words.filter(|it| it.len() > 3 && !it.starts_with(char::is_numeric)).collect()
}

/// Removes a line from each cell and counts how many of its names that occur elsewhere in the file are in the
/// prompt for that place.
#[test]
fn a_notebook_prompt_contains_as_many_names_as_that_of_a_single_file() {
    let cells: Vec<&str> = FILE.trim_end().split("\n\n\n").collect();
    assert!(cells.len() > 5, "it is a notebook");
    let (mut wanted, mut in_file, mut in_book) = (0, 0, [0; 3]);
    let places = cells.iter().enumerate().flat_map(|(at, cell)| {
        let lines = cell.lines().count();
        (lines / 3..lines).step_by(6).map(move |line| (at, *cell, line))
    });
    for (at, cell, line) in places {
        let without = |replaced: &str| -> String {
            let lines = cell.lines().enumerate();
            lines
                .map(|(at, it)| if at == line { replaced } else { it })
                .collect::<Vec<_>>()
                .join("\n")
        };
        let hole = without("");
        let mut rest = cells.clone();
        rest[at] = &hole;
        let one = rest.join("\n\n");
        let there = names(&one);
        let needed = names(cell.lines().nth(line).unwrap());
        let needed: HashSet<&str> = needed.intersection(&there).copied().collect();
        let found = |prompt: &str| names(prompt).intersection(&needed).count();
        wanted += needed.len();

        let mut stage = Stage::in_turn("", vec![answer("1")]);
        let key = uri(&stage.folder.path().join("book.py"));
        stage.editor.open(&key, "python", &one);
        let above: usize = rest[..at].iter().map(|it| it.matches('\n').count() + 2).sum();
        in_file += found(&prompt(&mut stage, &key, ((above + line) as u32, 0)));
        for (nth, way) in WAYS.into_iter().enumerate() {
            let mut book = World::new(way);
            book.open(&rest.iter().map(|it| ("python", *it)).collect::<Vec<_>>());
            in_book[nth] += found(&book.prompt(at, (line as u32, 0)));
        }
    }
    println!("names wanted {wanted}, found in one file {in_file}, in a notebook {in_book:?}");
    assert!(wanted > 10 && in_file * 2 > wanted, "{in_file} of {wanted}");
    assert!(in_book.iter().all(|it| it * 100 >= in_file * 95), "{in_book:?} of {in_file}");
}

//! Uses of a renamed definition by language: what else has its name, and how it is written elsewhere.

use serde_json::{Value, json};

use crate::next_edit::position;
use crate::references::{Project, check, check_one};

/// A file, its text, an edit, and the lines that change.
type Row<'a> = (&'a str, &'a str, [&'a str; 2], &'a [&'a str]);

const LOAD: [&str; 2] = ["load", "fetch"];

#[track_caller]
fn check_rows(rows: &[Row<'_>]) {
    for (file, text, edit, expected) in rows {
        println!("{text}");
        check_one(file, text, *edit, expected);
    }
}

#[test]
fn a_label_is_no_use() {
    check_rows(&[
        (
            "a.rs",
            "fn load() {}\n\nfn f() {\n    'load: loop {\n        load();\n        break 'load;\n    }\n}\n",
            LOAD,
            &["fetch();"],
        ),
        (
            "p/a.go",
            "package p\n\nfunc load() {}\n\nfunc f() {\nload:\n\tfor {\n\t\tload()\n\t\tcontinue load\n\t}\n\tgoto load\n}\n",
            LOAD,
            &["fetch()"],
        ),
        (
            "A.java",
            "class A {\n  int f(int loadItem) {\n    loadItem:\n    for (;;) {\n      if (loadItem > 1) { break loadItem; }\n      continue loadItem;\n    }\n  }\n}\n",
            ["loadItem", "fetchItem"],
            &["if (fetchItem > 1) { break loadItem; }"],
        ),
        (
            "a.ts",
            "function load() {}\nload: for (;;) {\n  load();\n  if (a) { break load; }\n  continue load;\n}\n",
            LOAD,
            &["fetch();"],
        ),
        (
            "a.kt",
            "fun load() {}\n\nfun f() {\n    load@ while (true) {\n        load()\n        break@load\n    }\n}\n",
            LOAD,
            &["fetch()"],
        ),
        (
            "a.c",
            "void load(void) {}\n\nvoid f(void) {\nload:\n  load();\n  goto load;\n}\n",
            LOAD,
            &["fetch();"],
        ),
        (
            "A.cs",
            "class A {\n  void F(int loadItem) {\n    loadItem:\n    G(loadItem);\n    goto loadItem;\n  }\n}\n",
            ["loadItem", "fetchItem"],
            &["G(fetchItem);"],
        ),
    ]);
}

#[test]
fn a_static_import_of_a_member_is_a_use() {
    let home = "package shop;\n\nclass Shop {\n  static int load() { return 1; }\n}\n";
    let user = |import: &str| {
        format!(
            "package shop;\n\nimport static {import};\n\nclass User {{\n  int f() {{ return load(); }}\n}}\n"
        )
    };
    let expected = [
        "shop/User.java: import static shop.Shop.fetch;",
        "shop/User.java: int f() { return fetch(); }",
    ];
    let check_user = |import: &str, expected: &[&str]| {
        check(&[("shop/Shop.java", home), ("shop/User.java", &user(import))], LOAD, expected);
    };
    check_user("shop.Shop.load", &expected);
    check_user("shop.Shop.*", &expected[1..]);
    check_user("shop.Other.load", &[]);
    check_user("other.Shop.load", &[]);
}

#[test]
fn members_of_a_type_and_of_its_values_are_told_apart() {
    let text = "class A {\n  static size = 1;\n  size = 2;\n  f() { return this.size + A.size; }\n  static g() { return this.size; }\n}\n";
    check_one(
        "a.ts",
        text,
        ["static size", "static count"],
        &["f() { return this.size + A.count; }", "static g() { return this.count; }"],
    );
    let edit = ["  size = 2", "  count = 2"];
    check_one("a.ts", text, edit, &["f() { return this.count + A.size; }"]);
}

#[test]
fn a_field_that_methods_set_is_one_field() {
    check_rows(&[
        (
            "a.py",
            "class A:\n    def __init__(self):\n        self.count = 0\n\n    def clear(self):\n        self.count = 1\n        other.count = 2\n\n    def both(self, count):\n        self.count += count\n\n\nclass B:\n    def __init__(self):\n        self.count = 3\n",
            ["self.count = 0", "self.total = 0"],
            &["self.total += count", "self.total = 1"],
        ),
        (
            "a.rb",
            "class A\n  def initialize(count)\n    @count = count\n  end\n\n  def f\n    @count + count\n  end\nend\n\nclass B\n  def f\n    @count\n  end\nend\n",
            ["@count = count", "@cost = count"],
            &["@cost + count"],
        ),
    ]);
}

#[test]
fn an_inner_variable_leaves_the_uses_around_it() {
    let lines = ["g(lineItem);", "h(lineItem);"];
    let inner = [
        (
            "a.js",
            "function f(rowItem) {\n  g(rowItem);\n  xs.map(rowItem => rowItem.a);\n  h(rowItem);\n}\n",
        ),
        (
            "a.js",
            "function f(rowItem) {\n  g(rowItem);\n  if (a) {\n    let rowItem = 1;\n    k(rowItem);\n  }\n  h(rowItem);\n}\n",
        ),
        (
            "a.rs",
            "fn f(rowItem: A) {\n    g(rowItem);\n    xs.map(|rowItem| rowItem.a);\n    h(rowItem);\n}\n",
        ),
        (
            "A.java",
            "class A {\n  void f(B rowItem) {\n    g(rowItem);\n    xs.map(rowItem -> rowItem.a);\n    h(rowItem);\n  }\n}\n",
        ),
        (
            "a.cpp",
            "void f(A rowItem) {\n  g(rowItem);\n  auto k = [](A rowItem) { return rowItem.a; };\n  h(rowItem);\n}\n",
        ),
    ];
    for (file, text) in inner {
        check_one(file, text, ["rowItem", "lineItem"], &lines);
    }
    let text = "def f(row_item):\n    g(row_item)\n    a = [row_item for row_item in xs]\n    k(lambda row_item: row_item)\n    h(row_item)\n";
    check_one("a.py", text, ["row_item", "line_item"], &["g(line_item)", "h(line_item)"]);
    let text = "fn f() {\n    let row_item = 1;\n    g(row_item);\n    let row_item = k(row_item);\n    h(row_item);\n}\n";
    let expected = ["g(line_item);", "let row_item = k(line_item);"];
    check_one("a.rs", text, ["row_item", "line_item"], &expected);
    check_one("a.rs", text, ["let row_item = k", "let line_item = k"], &["h(line_item);"]);
}

#[test]
fn a_name_unlike_the_old_one_is_followed_after_a_use() {
    let text = "def f(row):\n    g(row)\n    h(row)\n    k(row)\n";
    check_one("a.py", text, ["row", "entry"], &[]);
    let mut project = Project::new(&[("a.py", text)]);
    project.edit(["row", "entry"]);
    project.edit(["g(row)", "g(entry)"]);
    assert_eq!(project.accepted(), ["a.py: h(entry)", "a.py: k(entry)"]);
    check_one("a.py", text, ["row", "record"], &["g(record)", "h(record)", "k(record)"]);
    let text = "for row in rows:\n    g(row)\n";
    check_one("a.py", text, ["row", "entry"], &["g(entry)"]);
}

#[test]
fn a_field_set_by_a_variable_of_its_name_leaves_the_variable() {
    let text = "struct A {\n    size: u8,\n}\n\nimpl A {\n    fn new(size: u8) -> Self {\n        Self { size }\n    }\n}\n\nimpl B {\n    fn new(size: u8) -> Self {\n        Self { size }\n    }\n}\n";
    check_one("a.rs", text, ["size: u8", "count: u8"], &["Self { count: size }"]);
}

#[test]
fn a_property_of_module_exports_keeps_its_name() {
    let home = "function load() {}\nmodule.exports = { load };\n";
    for user in [
        "const { load } = require('./home');\nload();\n",
        "const home = require('./home');\nhome.load();\n",
    ] {
        let expected = &["home.js: module.exports = { load: fetch };"];
        check(&[("home.js", home), ("user.js", user)], LOAD, expected);
    }
}

#[test]
fn labels_of_kotlin_are_no_uses() {
    check_rows(&[
        (
            "a.kt",
            "fun load() {}\n\nfun f() {\n    xs.forEach load@{ return@load }\n    with(x) load@{ this@load.g() }\n    load()\n}\n",
            LOAD,
            &["fetch()"],
        ),
        (
            "a.kt",
            "class Home {\n    fun f() = run { this@Home.g() }\n}\n\nval a = Home()\n",
            ["Home", "Hut"],
            &["fun f() = run { this@Hut.g() }", "val a = Hut()"],
        ),
    ]);
}

#[test]
fn a_variable_of_kotlin_is_hidden_in_its_block() {
    let edit = ["userName: String", "accountName: String"];
    let text = |inner: &str| {
        format!("fun f(userName: String) {{\n    g(userName)\n{inner}\n    h(userName)\n}}\n")
    };
    let outer = &["g(accountName)", "h(accountName)"][..];
    for inner in [
        "    if (a) {\n        val userName = 3\n        g(userName)\n    }",
        "    run {\n        val userName = 3\n        g(userName)\n    }",
        "    for (userName in xs) {\n        g(userName)\n    }",
        "    when (val userName = x()) {\n        1 -> g(userName)\n    }",
        "    try {\n        a()\n    } catch (userName: E) {\n        g(userName)\n    }",
        "    xs.forEach { userName -> g(userName) }",
        "    while (a) {\n        val (userName, b) = c()\n        g(userName)\n    }",
    ] {
        check_one("a.kt", &text(inner), edit, outer);
    }
    check_rows(&[
        (
            "a.kt",
            "val userName = 1\n\nfun f() {\n    val userName = 2\n    g(userName)\n}\n\nfun h() = userName\n",
            ["userName", "accountName"],
            &["fun h() = accountName"],
        ),
        (
            "a.kt",
            "fun f() {\n    if (a) {\n        val userName = userName.trim()\n        g(userName)\n    }\n}\n",
            ["val userName", "val accountName"],
            &["g(accountName)"],
        ),
    ]);
}

#[test]
fn a_member_of_a_new_object_keeps_its_name() {
    let text = |statement: &str| {
        format!("class A {{\n  void F(string userName) {{\n    {statement}\n  }}\n}}\n")
    };
    for (statement, expected) in [
        ("G(new { userName });", "G(new { userName = accountName });"),
        ("G(new { userName = userName });", "G(new { userName = accountName });"),
        ("G(new { userName.Length });", "G(new { accountName.Length });"),
        ("G(new User { userName = userName });", "G(new User { userName = accountName });"),
        ("G(x with { userName = userName });", "G(x with { userName = accountName });"),
        ("userName = G();", "accountName = G();"),
    ] {
        check_one("A.cs", &text(statement), ["string userName", "string accountName"], &[expected]);
    }
}

#[test]
fn a_name_in_a_module_is_used_outside_with_its_path() {
    check_rows(&[
        (
            "a.rs",
            "mod inner {\n    pub fn load() {}\n    fn g() {\n        load();\n    }\n}\n\nfn f() {\n    load();\n    inner::load();\n}\n",
            LOAD,
            &["fetch();", "inner::fetch();"],
        ),
        (
            "a.ts",
            "namespace N {\n  export function load() {}\n  load();\n}\nload();\n",
            LOAD,
            &["fetch();"],
        ),
        (
            "a.kt",
            "object O {\n    const val LIMIT = 3\n    fun f() = LIMIT\n}\n\nfun g() = LIMIT\n",
            ["LIMIT", "BOUND"],
            &["fun f() = BOUND"],
        ),
        (
            "a.kt",
            "class A {\n    fun f() = LIMIT\n    companion object {\n        const val LIMIT = 3\n    }\n}\n\nfun g() = LIMIT\n",
            ["val LIMIT", "val BOUND"],
            &["fun f() = BOUND"],
        ),
    ]);
}

#[test]
fn a_name_in_a_string_is_a_use_where_strings_have_names() {
    check_rows(&[
        (
            "a.rs",
            "fn f(row_count: u8) {\n    println!(\"{row_count} {{row_count}} row_count\");\n    query(\"{row_count}\");\n    log::info!(\"{row_count:?}\");\n}\n",
            ["row_count: u8", "line_count: u8"],
            &[
                "log::info!(\"{line_count:?}\");",
                "println!(\"{line_count} {{row_count}} row_count\");",
            ],
        ),
        (
            "a.kt",
            "fun f(userName: String) {\n    g(\"$userName \\$userName userName\")\n    g(\"${userName} a\")\n}\n",
            ["userName: String", "accountName: String"],
            &["g(\"$accountName \\$userName userName\")", "g(\"${accountName} a\")"],
        ),
        (
            "A.cs",
            "class A {\n  void F(string userName) {\n    G($\"{userName} {userName}\");\n  }\n}\n",
            ["string userName", "string accountName"],
            &["G($\"{accountName} {accountName}\");", "G($\"{accountName} {userName}\");"],
        ),
    ]);
}

#[test]
fn a_variable_of_a_block_is_not_used_behind_it() {
    let edit = ["load_item = 1", "load_row = 1"];
    let camel = ["loadItem", "loadRow"];
    check_rows(&[
        (
            "a.rs",
            "fn f(a: bool) {\n    if a {\n        let load_item = 1;\n        g(load_item);\n    }\n    h(load_item);\n}\n",
            edit,
            &["g(load_row);"],
        ),
        (
            "a.ts",
            "function f(a) {\n  if (a) {\n    const loadItem = 1;\n    g(loadItem);\n  }\n  h(loadItem);\n}\n",
            camel,
            &["g(loadRow);"],
        ),
        (
            "a.js",
            "function f(a) {\n  if (a) {\n    var loadItem = 1;\n    g(loadItem);\n  }\n  h(loadItem);\n}\n",
            camel,
            &["g(loadRow);", "h(loadRow);"],
        ),
        (
            "a.py",
            "def f(a):\n    if a:\n        load_item = 1\n        g(load_item)\n    h(load_item)\n",
            edit,
            &["g(load_row)", "h(load_row)"],
        ),
        (
            "p/a.go",
            "package p\n\nfunc f(a bool) {\n\tif loadItem := g(); a {\n\t\tg(loadItem)\n\t}\n\tfor {\n\t\tloadItem := 2\n\t\tk(loadItem)\n\t}\n\th(loadItem)\n}\n",
            camel,
            &["g(loadRow)"],
        ),
        (
            "A.java",
            "class A {\n  void f() {\n    for (int loadItem : g()) {\n      g(loadItem);\n    }\n    h(loadItem);\n  }\n}\n",
            camel,
            &["g(loadRow);"],
        ),
        // The second of two blocks.
        (
            "a.rs",
            "fn f() {\n    {\n        let load_item = 2;\n        g(load_item);\n    }\n    {\n        let load_item = 1;\n        h(load_item);\n    }\n}\n",
            edit,
            &["h(load_row);"],
        ),
        // A variable of a block hides a function only there.
        (
            "p/a.go",
            "package p\n\nfunc load() {}\n\nfunc f(a bool) {\n\tif a {\n\t\tload := 1\n\t\tg(load)\n\t}\n\tload()\n}\n",
            LOAD,
            &["fetch()"],
        ),
    ]);
}

#[test]
fn a_default_import_is_a_use_only_of_the_default_export() {
    let user = "import load from './home';\nload(2);\n";
    for (home, expected) in [
        ("export function load() {}\nexport default function other() {}\n", &[][..]),
        (
            "export default function load() {}\n",
            &["user.ts: fetch(2);", "user.ts: import fetch from './home';"],
        ),
        (
            "function load() {}\nexport default load;\n",
            &[
                "home.ts: export default fetch;",
                "user.ts: fetch(2);",
                "user.ts: import fetch from './home';",
            ],
        ),
    ] {
        check(&[("home.ts", home), ("user.ts", user)], LOAD, expected);
    }
    let home = "export function load() {}\n";
    let user = "import other, { load } from './home';\nload(2);\n";
    let expected = ["user.ts: fetch(2);", "user.ts: import other, { fetch } from './home';"];
    check(&[("home.ts", home), ("user.ts", user)], LOAD, &expected);
    let user = "import * as load from './home';\nload(2);\n";
    check(&[("home.ts", home), ("user.ts", user)], LOAD, &[]);
}

#[test]
fn a_variable_with_the_name_of_a_function_is_no_use() {
    check_rows(&[
        (
            "p/a.go",
            "package p\n\nfunc load() {}\n\nfunc f() {\n\tvar load int\n\tg(load)\n}\n\nfunc h(a any) {\n\tswitch load := a.(type) {\n\tcase int:\n\t\tg(load)\n\t}\n\tselect {\n\tcase load := <-c:\n\t\tg(load)\n\t}\n\tload()\n}\n",
            LOAD,
            &["fetch()"],
        ),
        (
            "a.rs",
            "fn load() {}\n\nfn f(a: A) {\n    let A { load } = a;\n    g(load);\n}\n\nfn h(a: A) {\n    match a {\n        A { load, .. } => g(load),\n        load => g(load),\n    }\n    load();\n}\n",
            LOAD,
            &["fetch();"],
        ),
        (
            "a.ts",
            "function load() {}\n\nfunction f(a) {\n  const { load } = a;\n  load();\n}\n\nfunction g({ load }) {\n  load();\n}\n\nload();\n",
            LOAD,
            &["fetch();"],
        ),
        (
            "a.py",
            "def load():\n    pass\n\n\ndef f(a=load):\n    return a\n\n\ndef g(load=load):\n    return load\n\n\ndef h():\n    load += 1\n    return load\n",
            LOAD,
            &["def f(a=fetch):", "def g(load=fetch):"],
        ),
        (
            "a.py",
            "def f(load_item, b=load_item):\n    return load_item\n",
            ["load_item", "load_row"],
            &["return load_row"],
        ),
    ]);
    let files = [
        ("p/a.go", "package p\n\nfunc load() {}\n"),
        ("p/a_test.go", "package p_test\n\nimport \"example.com/load\"\n\nvar a = load.A\n"),
    ];
    check(&files, LOAD, &[]);
}

#[test]
fn names_of_macros_attributes_and_modules_are_others() {
    check_rows(&[
        (
            "a.rs",
            "fn load() {}\n\n#[load]\n#[serde(load)]\n#[a(b = load)]\nfn f() {\n    load!(1);\n    load::run();\n    assert!(load() != 1);\n}\n\nmacro_rules! m {\n    ($load:expr) => {\n        g($load)\n    };\n}\n",
            LOAD,
            &["#[a(b = fetch)]", "assert!(fetch() != 1);"],
        ),
        (
            "a.rs",
            "trait Load {}\n\n#[derive(Load)]\nstruct A;\n\nimpl Load for B {}\n",
            ["Load", "Fetch"],
            &["impl Fetch for B {}"],
        ),
        (
            "a.rs",
            "macro_rules! load {\n    () => {};\n}\n\nfn f() {\n    load!();\n    load();\n}\n",
            LOAD,
            &["fetch!();"],
        ),
    ]);
}

#[test]
fn a_method_and_a_field_may_have_one_name() {
    check_rows(&[
        (
            "A.java",
            "class A extends B {\n  int load() { return 1; }\n  int f() { return load + this.load + load() + this.load(); }\n}\n",
            LOAD,
            &[
                "int f() { return load + this.load + fetch() + this.load(); }",
                "int f() { return load + this.load + fetch() + this.fetch(); }",
            ],
        ),
        (
            "a.rs",
            "struct A {\n    load: u8,\n}\n\nimpl A {\n    fn f(&self) -> u8 {\n        self.load() + self.load\n    }\n}\n",
            LOAD,
            &["self.load() + self.fetch"],
        ),
    ]);
}

#[test]
fn names_within_texts_and_types_are_uses() {
    check_rows(&[
        (
            "a.py",
            "def load(a):\n    return a\n\n\nprint(f\"{load(1)} load\", f'{load(2):>3}')\n",
            LOAD,
            &[
                "print(f\"{fetch(1)} load\", f'{fetch(2):>3}')",
                "print(f\"{fetch(1)} load\", f'{load(2):>3}')",
            ],
        ),
        (
            "a.ts",
            "function load(a) {}\n\nprint(`${load(1)} load`);\n",
            LOAD,
            &["print(`${fetch(1)} load`);"],
        ),
        (
            "a.py",
            "def load(a):\n    return a\n\n\nprint(f\"{load(1)} {load(2)}\")\n",
            LOAD,
            &["print(f\"{fetch(1)} {fetch(2)}\")", "print(f\"{fetch(1)} {load(2)}\")"],
        ),
        (
            "a.py",
            "class Job:\n    pass\n\n\ndef f(jobs: list[Job], other: dict[str, Job]) -> list[Job]:\n    made: list[Job] = []\n    return made\n",
            ["Job", "Task"],
            &[
                "def f(jobs: list[Task], other: dict[str, Job]) -> list[Job]:",
                "def f(jobs: list[Task], other: dict[str, Task]) -> list[Job]:",
                "def f(jobs: list[Task], other: dict[str, Task]) -> list[Task]:",
                "made: list[Task] = []",
            ],
        ),
    ]);
}

#[test]
fn a_parameter_is_renamed_in_calls_that_name_it() {
    check_rows(&[
        (
            "a.py",
            "def load(path, load_mode=1):\n    return load_mode\n\n\ndef other(load_mode):\n    return load_mode\n\n\nload(1, load_mode=2)\nother(load_mode=3)\na.load(load_mode=4)\n",
            ["load_mode", "read_mode"],
            &["load(1, read_mode=2)", "return read_mode"],
        ),
        (
            "a.py",
            "class Job:\n    def __init__(self, job_name):\n        self.job_name = job_name\n\n    def run(self, job_name):\n        self.run(job_name=1)\n\n\nJob(job_name=2)\n",
            ["job_name", "task_name"],
            &["Job(task_name=2)", "self.job_name = task_name"],
        ),
        (
            "a.kt",
            "fun load(loadMode: Int): Int {\n    return loadMode\n}\n\nfun f() {\n    load(loadMode = 1)\n    other(loadMode = 2)\n}\n",
            ["loadMode", "readMode"],
            &["return readMode", "load(readMode = 1)"],
        ),
    ]);
    let home = "def load(path, load_mode):\n    pass\n";
    let user = "from home import load\n\nload(1, load_mode=2)\nother(load_mode=3)\n";
    let edit = ["load_mode", "read_mode"];
    check(&[("home.py", home), ("user.py", user)], edit, &["user.py: load(1, read_mode=2)"]);
}

#[test]
fn a_member_with_the_name_of_its_value_keeps_it() {
    check_rows(&[
        (
            "a.ts",
            "function load() {}\n\nconst a = { load };\nf({ b, load });\nexport { load };\nconst { load: b } = c;\n",
            LOAD,
            &["const a = { load: fetch };", "export { fetch };", "f({ b, load: fetch });"],
        ),
        (
            "a.rs",
            "fn f(load_item: u8) -> A {\n    g(A { load_item });\n    A { load_item: load_item }\n}\n",
            ["load_item", "load_row"],
            &["A { load_item: load_row }", "g(A { load_item: load_row });"],
        ),
    ]);
}

#[test]
fn an_import_with_another_name_is_a_use() {
    let home = "def load(a):\n    return a\n";
    let user = "from home import load as read\n\nread(2)\n";
    check(
        &[("home.py", home), ("user.py", user)],
        LOAD,
        &["user.py: from home import fetch as read"],
    );
    let home = "export function load() {}\n";
    let user = "import { load as read } from './home';\nread(2);\n";
    let expected = ["user.ts: import { fetch as read } from './home';"];
    check(&[("home.ts", home), ("user.ts", user)], LOAD, &expected);
    let home = "pub fn load() {}\n";
    let user = "use crate::home::load as read;\nuse crate::home::{a, load as other};\n";
    let expected = [
        "src/user.rs: use crate::home::fetch as read;",
        "src/user.rs: use crate::home::{a, fetch as other};",
    ];
    check(&[("src/home.rs", home), ("src/user.rs", user)], LOAD, &expected);
}

#[test]
fn constructors_fields_and_their_parameters_are_told_apart() {
    check_rows(&[
        (
            "Job.java",
            "class Job {\n  Job(int a) {}\n  static Job of() { return new Job(1); }\n}\n",
            ["Job", "Task"],
            &[
                "Task(int a) {}",
                "static Task of() { return new Job(1); }",
                "static Task of() { return new Task(1); }",
            ],
        ),
        (
            "Job.java",
            "class Job {\n  int jobSize;\n  Job(int jobSize) { this.jobSize = jobSize; }\n  int f() { return jobSize; }\n}\n",
            ["int jobSize)", "int taskSize)"],
            &["Job(int taskSize) { this.jobSize = taskSize; }"],
        ),
        (
            "Job.java",
            "class Job {\n  int jobSize;\n  Job(int jobSize) { this.jobSize = jobSize; }\n  int f() { return jobSize; }\n}\n",
            ["int jobSize;", "int taskSize;"],
            &["Job(int jobSize) { this.taskSize = jobSize; }", "int f() { return taskSize; }"],
        ),
        (
            "A.java",
            "class A {\n  void load() {}\n  void f() { load(); }\n}\nclass B {\n  void load() {}\n  void f() { load(); }\n}\n",
            LOAD,
            &["void f() { fetch(); }"],
        ),
        (
            "a.py",
            "class A:\n    load = 1\n\n\nclass B(A):\n    def f(self):\n        return self.load\n",
            LOAD,
            &["return self.fetch"],
        ),
    ]);
}

#[test]
fn a_function_may_get_a_parameter_with_its_new_name() {
    check_rows(&[
        (
            "a.py",
            "def load(a):\n    return a\n\n\ndef f(mode):\n    return load(1)\n",
            ["load(a)", "fetch(a, mode)"],
            &["return fetch(1)"],
        ),
        (
            "a.ts",
            "function load(path: string): string {\n  return path;\n}\n\nfunction f(mode: string) {\n  return load('a');\n}\n",
            ["path: string)", "path: string, mode: string)"],
            &["return load('a', mode);"],
        ),
    ]);
}

#[test]
fn a_long_file_has_its_uses() {
    let text = format!("def load(a):\n    return a\n\n\n{}load(2)\n", "a = 1\n".repeat(5_000));
    check_one("a.py", &text, LOAD, &["fetch(2)"]);
}

/// Types a key at the end of the first `name` of the first file, and requests an edit there.
fn types(project: &mut Project, [before, after]: [&str; 2]) -> i64 {
    project.edit([before, after]);
    let file = &project.files[0];
    let end = file.text.find(after).unwrap() + after.len();
    let document = json!({ "uri": file.uri, "version": file.version });
    let params = json!({ "textDocument": document, "position": position(&file.text, end) });
    project.editor.send("understudy/nextEdit", params)
}

#[test]
fn a_name_that_is_being_typed_is_not_suggested() {
    let text = "def load():\n    pass\n\n\nload()\n";
    let mut project = Project::new(&[("a.py", text)]);
    let names = ["load", "loa", "lo", "l", "f", "fe", "fet", "fetc", "fetch"];
    let steps = names.windows(2).map(|it| [it[0], it[1]].map(|it| format!("def {it}")));
    let asked: Vec<i64> =
        steps.map(|it| types(&mut project, it.each_ref().map(|it| &**it))).collect();
    let answers = asked.into_iter().map(|it| project.editor.result(it)["edits"].clone());
    let texts: Vec<Value> = answers.map(|it| it[0]["text"].clone()).collect();
    let (last, before) = texts.split_last().unwrap();
    assert_eq!((last, before), (&json!("fetch"), &vec![Value::Null; 7][..]));
}

#[test]
fn renames_that_were_not_finished_are_continued() {
    let text = "def load():\n    pass\n\n\ndef save():\n    pass\n\n\nload()\nsave()\n";
    let mut project = Project::new(&[("a.py", text)]);
    project.edit(LOAD);
    project.edit(["save", "store"]);
    assert_eq!(project.accepted(), ["a.py: fetch()", "a.py: store()"]);
}

#[test]
fn only_an_asynchronous_function_waits() {
    let call = |name: &str, count: usize| format!("{name} f{count}(a):\n    return load(a)\n\n\n");
    let text: String =
        (0..6).map(|it| call(if it == 4 { "def" } else { "async def" }, it)).collect();
    let mut project = Project::new(&[("a.py", &text)]);
    for _ in 0..3 {
        project.edit(["return load", "return await load"]);
    }
    let accepted = project.accepted();
    assert_eq!(accepted, ["a.py: return await load(a)"; 2]);
    assert!(project.files[0].text.contains("\ndef f4(a):\n    return load"));
}

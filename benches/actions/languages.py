"""What the checks need to know of each language: its definitions, its tokens, and how its code is run."""

import ast
import collections
import io
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tokenize

HERE = pathlib.Path(__file__).resolve().parent
# Seconds after which a program counts as endless.
PATIENCE = 30


def run(command, folder, text=None, **environment):
    """The exit status and the output of a program."""
    env = {**os.environ, **environment}
    try:
        done = subprocess.run(command, cwd=folder, env=env, input=text, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return 1, "", "endless"
    return done.returncode, done.stdout, done.stderr


class Language:
    comments = r"//[^\n]*|/\*.*?\*/"
    strings = r'"(?:\\.|[^"\\])*"'

    def path(self, stem):
        return f"{stem}.{self.extension}"

    def find(self, text, name):
        """The first and the last line of a function, from 0."""
        lines = text.split("\n")
        first = next(at for at, line in enumerate(lines) if re.match(self.head(name), line))
        indent = re.match(r"\s*", lines[first]).group()
        return first, self.last(lines, first, indent)

    def last(self, lines, first, indent):
        return next(at for at in range(first + 1, len(lines)) if lines[at] == indent + "}")

    def stripped(self, text):
        """The code without comments."""
        pattern = re.compile(f"({self.strings})|{self.comments}", re.DOTALL)
        return pattern.sub(lambda it: it.group(1) or " ", text)

    def tokens(self, text):
        """The code tokens, or None for code that does not parse. Strings are split into words."""
        return re.findall(r"\w+|[^\w\s]", self.stripped(text))

    def definitions(self, text):
        """How often each definition occurs."""
        return collections.Counter(it for it in re.findall(self.defining, self.stripped(text), re.MULTILINE))

    def is_documented(self, text, name):
        first, _ = self.find(text, name)
        return text.split("\n")[first - 1].strip().startswith(self.documenting) if first else False

    def check(self, stem):
        """The command with which a user of this language would have an edit checked (`actions.check`)."""
        return ["sh", "-c", self.checking(stem)]

    def is_import(self, line):
        return re.match(self.importing, line.strip()) is not None


class Python(Language):
    name, extension, framework = "python", "py", "pytest tests"
    importing = r"(import|from)\s"

    def head(self, name):
        return rf"\s*(async )?def {name}\("

    def last(self, lines, first, indent):
        is_inside = lambda it: not it.strip() or it.startswith(indent + " ") or it.startswith(indent + ")")
        behind = (at for at in range(first + 1, len(lines)) if not is_inside(lines[at]))
        last = next(behind, len(lines)) - 1
        while not lines[last].strip():
            last -= 1
        return last

    def parse(self, text):
        """The tree without documentation, or None."""
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            return None
        for it in ast.walk(tree):
            if isinstance(it, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(it) is not None:
                it.body = it.body[1:] or [ast.Pass()]
        return tree

    def tokens(self, text):
        tree = self.parse(text)
        return None if tree is None else re.findall(r"\w+|[^\w\s]", ast.unparse(tree))

    def untyped(self, text):
        tree = self.parse(text)
        return None if tree is None else ast.dump(Untyped().visit(tree))

    def is_typed(self, text, name):
        function = self.function(text, name)
        arguments = [it for it in function.args.args + function.args.kwonlyargs if it.arg not in ("self", "cls")]
        return function.returns is not None and all(it.annotation for it in arguments)

    def function(self, text, name):
        functions = (it for it in ast.walk(ast.parse(text)) if isinstance(it, ast.FunctionDef))
        return next(it for it in functions if it.name == name)

    def is_documented(self, text, name):
        return bool(ast.get_docstring(self.function(text, name)))

    def definitions(self, text):
        tree, names = ast.parse(text), []
        for it in tree.body:
            inner = it.body if isinstance(it, ast.ClassDef) else []
            names += [it.name] if hasattr(it, "name") else []
            names += [f"{it.name}.{inner.name}" for inner in inner if hasattr(inner, "name")]
        return collections.Counter(names)

    def cases(self, folder, stem, setup, cases):
        """Runs expressions against expected values: rows of the owner, whether it holds, and a message; None and
        the reason if the code cannot be loaded."""
        program = [sys.executable, str(HERE / "cases.py"), stem]
        status, out, error = run(program, folder, json.dumps([setup, cases]), PYTHONPATH=str(folder))
        return rows(status, out, error)

    def tests(self, folder, stem):
        """Whether the tests of the project pass, and how many there are."""
        path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
        status, out, _ = run(command, folder, PYTHONPATH=path)
        return status, passed(r"(\d+) passed", out)

    def checking(self, stem):
        python = shlex.quote(sys.executable)
        tests = f"PYTHONPATH=.:$PYTHONPATH {python} -m pytest -q -p no:cacheprovider tests"
        return f"{python} -c 'import {stem}' && if [ -d tests ]; then {tests}; fi"

    def test_file(self, stem):
        return f"tests/test_{stem}.py"


class Untyped(ast.NodeTransformer):
    """Removes annotations, and imports of types."""

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.returns = None
        return node

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_AnnAssign(self, node):
        if node.value is None:
            return None
        return ast.Assign(targets=[node.target], value=node.value, lineno=0)

    def visit_ImportFrom(self, node):
        return None if node.module in ("typing", "collections.abc", "__future__") else node

    def visit_Import(self, node):
        return None if [it.name for it in node.names] == ["typing"] else node


class Rust(Language):
    name, extension, framework = "rust", "rs", "`#[test]` functions"
    builder = ["rustc", "--edition=2024", "--test", "-Adead_code", "-Awarnings", "--color=never", "-o", "built"]
    strings = r'r#*".*?"#*|"(?:\\.|[^"\\])*"' + r"|'(?:\\.|[^'\\])'"
    documenting = "///"
    defining = r"^\s*(?:pub(?:\([a-z]+\))? )?(?:const )?((?:fn|struct|enum|trait|mod|impl)\s+[\w<>]+)"
    importing = r"use\s"

    def head(self, name):
        return rf"\s*(pub )?fn {name}\b"

    def cases(self, folder, stem, setup, cases):
        file, program = folder / self.path(stem), folder / "cases.rs"
        calls = "".join(
            f"    case({owner!r}, {raw(text)}, || format!(\"{{:?}}\", {it}), || format!(\"{{:?}}\", {expected}));\n"
            for owner, text in cases
            for it, expected in [text.split(" == ", 1)]
        ).replace("case('", 'case("').replace("', r", '", r')
        harness = (HERE / "cases.rs").read_text().replace("// SETUP", setup).replace("    // CASES\n", calls)
        program.write_text(file.read_text() + harness)
        status, out, error = self.build(folder, program.name)
        if status == 0:
            status, out, error = run(["./built", "--nocapture", "--test-threads=1", "bench_cases"], folder)
        return rows(status, out, error)

    def build(self, folder, file):
        return run([*self.builder, file], folder)

    def checking(self, stem):
        return f"{shlex.join([*self.builder, self.path(stem)])} && ./built --quiet"

    def tests(self, folder, stem):
        status, _, error = self.build(folder, self.path(stem))
        if status != 0:
            return 2, 0
        status, out, _ = run(["./built"], folder)
        return min(status, 1), passed(r"(\d+) passed", out)

    def test_file(self, stem):
        return None


class TypeScript(Language):
    name, extension, framework = "typescript", "ts", "vitest tests"
    strings = r'"(?:\\.|[^"\\])*"' + r"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`"
    documenting = "*/"
    defining = (
        r"^\s*(?:export )?(?:async )?((?:function|class|interface|type)\s+\w+)|^  (?!if|for|while|switch)"
        r"((?:async )?\w+\(.*\{)$"
    )
    importing = r"import\s"

    def head(self, name):
        return rf"\s*(export )?(async )?(function )?{name}(<.*>)?\(.*\{{$"

    def definitions(self, text):
        both = re.findall(self.defining, self.stripped(text), re.MULTILINE)
        return collections.Counter(one or other.split("(")[0] for one, other in both)

    def untyped(self, text):
        status, out, _ = run([*node(), str(HERE / "untyped.mjs")], HERE, text)
        return self.tokens(out) if status == 0 else None

    def is_typed(self, text, name):
        first, last = self.find(text, name)
        head = text.split("\n")[first]
        arguments = head[head.index("(") + 1 : head.rindex(")")]
        typed = [it for it in re.split(r",(?![^<({]*[>)}])", arguments) if it.strip()]
        is_any = re.search(r"\bany\b", "\n".join(text.split("\n")[first : last + 1]))
        returns = ":" in head[head.rindex(")") :] or ": " in head[head.rindex("{") :] or "):" in head
        return returns and not is_any and all(":" in it or "=" in it for it in typed)

    def cases(self, folder, stem, setup, cases):
        rows_ = "".join(
            f"  [{json.dumps(owner)}, {json.dumps(text)}, () => ({it}), () => ({expected})],\n"
            for owner, text in cases
            for it, expected in [text.split(" == ", 1)]
        )
        program = folder / "cases.ts"
        text = (folder / self.path(stem)).read_text()
        program.write_text(text + (HERE / "cases.ts").read_text().replace("// SETUP", setup).replace("  // CASES\n", rows_))
        return rows(*run([*node(), program.name], folder))

    def tests(self, folder, stem):
        status, out, error = run([*node(), "--import", str(HERE / "vitest.mjs"), f"{stem}.test.ts"], folder)
        return status, passed(r"(\d+) passed", out)

    def checking(self, stem):
        tests = shlex.join([*node(), "--import", str(HERE / "vitest.mjs"), self.test_file(stem)])
        return f"if [ -f {self.test_file(stem)} ]; then {tests}; else {shlex.join(node())} {self.path(stem)}; fi"

    def test_file(self, stem):
        return f"{stem}.test.ts"


def node():
    """Node 24, which runs TypeScript, from the test bed or the path."""
    bed = os.environ.get("UNDERSTUDY_TESTBED", "")
    own = pathlib.Path(bed) / "node/bin/node"
    return [str(own) if bed and own.exists() else "node", "--no-warnings"]


def raw(text):
    return f'r####"{text}"####'


def passed(pattern, out):
    found = re.search(pattern, out)
    return int(found.group(1)) if found else 0


def rows(status, out, error):
    found = [json.loads(line[4:]) for line in out.split("\n") if line.startswith("row ")]
    if status != 0 or not found:
        lines = [it for it in error.strip().split("\n") if it.strip() and not it.startswith("Node.js")]
        wrong = [it for it in lines if re.match(r"error|\w*Error", it.strip())]
        return None, (wrong or lines or ["no output"])[-1 if wrong and "error[" not in error else 0].strip()
    return found, ""


ALL = {it.extension: it for it in (Python(), Rust(), TypeScript())}

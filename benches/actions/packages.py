"""Tasks from functions of pinned packages (`benches/corpus`): those actions whose result is checked without running the
code. The tokens of a whole file are compared, so that `document`, `types` and `rename` need no cases."""

import ast
import builtins
import pathlib
import random
import re

import judge
import languages
from tasks import Module, Task, interleaved, renamed

# Lines of a function and of its file, and files of each tree.
SHORT, LONG, FILE, FILES = 8, 30, 400, 60
NAMES = 4


class PackageModule(Module):
    """A file of a package, without cases."""

    setup, functions = "", []

    def __init__(self, root, file):
        self.language = languages.ALL[file.suffix[1:]]
        self.stem, self.place = file.stem, file.relative_to(root.parent)
        self.text = file.read_text()

    def files(self):
        return []

    def run(self, text, cases):
        if self.language.name == "python":
            wrong = unsound(text)
            return (None, wrong) if wrong else ([], "")
        return [], ""


def unsound(text):
    """Why a file of Python cannot be loaded: its syntax, or an annotation with a name that it does not have."""
    try:
        tree = ast.parse(text)
        compile(text, "package", "exec")
    except (SyntaxError, ValueError) as error:
        return str(error)
    known = set(dir(builtins))
    for it in ast.walk(tree):
        known |= {it.name} if hasattr(it, "name") and isinstance(it.name, str) else set()
        known |= {it.id} if isinstance(it, ast.Name) and isinstance(it.ctx, ast.Store) else set()
        known |= {alias.asname or alias.name.split(".")[0] for alias in getattr(it, "names", []) if isinstance(alias, ast.alias)}
    notes = [getattr(it, name, None) for it in ast.walk(tree) for name in ("annotation", "returns")]
    used = (it.id for note in notes if note for it in ast.walk(note) if isinstance(it, ast.Name))
    return next((f"name '{it}' is not defined" for it in used if it not in known), None)


def tasks(roots):
    """The tasks of trees, so that any number of the first ones covers actions and languages evenly."""
    return interleaved([task for root in roots for file in files(pathlib.Path(root)) for task in of_file(root, file)])


def check(roots):
    """Names of tasks that count as solved or damaging without a change."""
    return [it.id for it in tasks(roots) if judge.judge(it, it.text, None).result != "wrong"]


def files(root):
    found = [it for it in root.rglob("*") if it.suffix[1:] in languages.ALL and "test" not in str(it.relative_to(root))]
    random.Random(24).shuffle(found := sorted(found))
    return found[:FILES]


def of_file(root, file):
    module = PackageModule(pathlib.Path(root), file)
    lines = module.text.split("\n")
    if len(lines) > FILE or module.run(module.text, [])[0] is None:
        return
    heads = re.findall(HEADS[module.language.name], module.text, re.MULTILINE)
    for name in [it for it in heads if heads.count(it) == 1]:
        found = extent(module, lines, name)
        if found:
            yield from of_function(module, name, found)


HEADS = {
    "python": r"^ *def (\w+)\(",
    "rust": r"^ *(?:pub )?fn (\w+)\b",
    "typescript": r"^ *(?:export )?(?:async )?function (\w+)(?:<.*>)?\(.*\{$",
}


def extent(module, lines, name):
    """The first and the last line of a function that is found as a whole, has no documentation and the usual size."""
    try:
        first, last = module.language.find(module.text, name)
    except StopIteration:
        return None
    function = "\n".join(lines[first : last + 1])
    if not SHORT <= last - first < LONG or lines[first - 1].strip() and first:
        return None
    if module.language.name == "python":
        node = module.language.function(module.text, name)
        is_whole = (node.lineno, node.end_lineno) == (first + 1, last + 1)
        return (first, last) if is_whole and ast.get_docstring(node) is None else None
    code = re.sub(module.language.strings, "", module.language.stripped(function), flags=re.DOTALL)
    is_whole = code.count("{") == code.count("}") > 0 and len(re.findall(r"^\S.*\{$", code, re.MULTILINE)) < 2
    return (first, last) if is_whole else None


def of_function(module, name, lines):
    spec = {"name": name, "cases": [], "locals": [], "mutations": []}
    make = lambda action, text, **more: Task(
        f"{action}/{module.place}/{name}", action, module.language, module.stem, text, name,
        (lines[0] + 1, lines[1] + 1), module, spec, **more,
    )
    yield make("document", module.text)
    if module.language.name != "python":
        return
    node = module.language.function(module.text, name)
    arguments = [it for it in node.args.args + node.args.kwonlyargs if it.arg not in ("self", "cls")]
    is_bare = node.returns is None and not any(it.annotation for it in arguments)
    if arguments and is_bare and not node.args.vararg and not node.args.kwarg:
        yield make("types", module.text)
    found = local_names(node, "\n".join(module.text.split("\n")[lines[0] : lines[1] + 1]))
    if len(found) > 1:
        letters = dict(zip(found, "abcdefgh"))
        text = module.changed(name, lambda it: renamed(it, letters))
        yield make("rename", text, names=tuple(letters.values()))


def local_names(function, text):
    """Variables of a function that a change of its text can rename: none that an inner scope or a string may mean."""
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Global, ast.Nonlocal, ast.JoinedStr)
    nodes = [it for it in ast.walk(function) if it is not function]
    if any(isinstance(it, inner) for it in nodes) or re.search(r"\b[a-h]\b", text):
        return []
    parameters = {it.arg for it in ast.walk(function.args) if isinstance(it, ast.arg)}
    stored = [it.id for it in nodes if isinstance(it, ast.Name) and isinstance(it.ctx, ast.Store)]
    is_plain = lambda it: not re.search(rf"""\.{it}\b|\b{it}=[^=]|['"][^'"\n]*\b{it}\b|#.*\b{it}\b""", text)
    names = [it for it in dict.fromkeys(stored) if len(it) > 2 and it not in parameters and is_plain(it)]
    return names[:NAMES]

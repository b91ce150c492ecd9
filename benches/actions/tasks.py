"""The tasks: each function of the sources with each action, and its mutations for `fix`."""

import dataclasses
import pathlib
import random
import re
import tempfile
import tomllib

import languages

SOURCES = pathlib.Path(__file__).resolve().parent / "sources"
ACTIONS = ["document", "types", "simplify", "extract", "edit", "fix", "test", "rename"]
TYPED = ("python", "typescript")


@dataclasses.dataclass
class Task:
    id: str
    action: str
    language: languages.Language
    stem: str
    # The file before the action, and the name of the function.
    text: str
    name: str
    # Lines of the selection, from 1; the second is None for a cursor without a selection.
    lines: tuple
    module: "Module"
    spec: dict
    instruction: str | None = None
    # A line, from 1, and the message of a test or a compiler about it.
    diagnostic: tuple | None = None
    # Bad names of local variables.
    names: tuple = ()

    @property
    def path(self):
        return self.language.path(self.stem)

    def function(self):
        """The lines of the function as text."""
        first, last = self.language.find(self.text, self.name)
        return "\n".join(self.text.split("\n")[first : last + 1]) + "\n"

    def selected(self):
        """The selected lines; those of the function where nothing is selected."""
        first, last = self.lines
        return self.function() if last is None else "\n".join(self.text.split("\n")[first - 1 : last]) + "\n"


class Module:
    """A source file with what is known of its functions."""

    def __init__(self, file):
        self.language = languages.ALL[file.name.split(".")[1]]
        self.stem = file.name.split(".")[0]
        self.text = file.with_suffix("").read_text()
        known = tomllib.loads(file.read_text())
        self.setup, self.functions = known.get("setup", ""), known["function"]

    def files(self):
        """The files of its project."""
        return SOURCES.glob(f"*.{self.language.extension}")

    def cases(self, but=None):
        """The cases of all functions, or of all but one."""
        return [(it["name"], case) for it in self.functions if it["name"] != but for case in it["cases"]]

    def run(self, text, cases):
        """The rows of cases for a text of this module; see `languages`."""
        with tempfile.TemporaryDirectory(prefix="understudy-actions-") as folder:
            folder = pathlib.Path(folder)
            (folder / "package.json").write_text('{"type": "module"}')
            (folder / self.language.path(self.stem)).write_text(text)
            return self.language.cases(folder, self.stem, self.setup, cases)

    def changed(self, name, change):
        """The text with a change of one function."""
        lines = self.text.split("\n")
        first, last = self.language.find(self.text, name)
        old = "\n".join(lines[first : last + 1])
        new = change(old)
        assert new != old, f"{self.stem}: nothing to change in {name}"
        return "\n".join([*lines[:first], *new.split("\n"), *lines[last + 1 :]])

    def mutants(self, spec):
        return [self.changed(spec["name"], lambda it: it.replace(old, new, 1)) for old, new in spec["mutations"]]


def modules():
    return [Module(it) for it in sorted(SOURCES.glob("*.toml"))]


def everything():
    """All tasks, so that any number of the first ones covers actions and languages evenly."""
    return interleaved([task for module in modules() for spec in module.functions for task in of_function(module, spec)])


def interleaved(found):
    draw = random.Random(24)
    groups = {}
    for it in found:
        groups.setdefault((it.action, it.language.name), []).append(it)
    for it in groups.values():
        draw.shuffle(it)
    order = list(groups.values())
    draw.shuffle(order)
    longest = max(map(len, order))
    return [group[at] for at in range(longest) for group in order if at < len(group)]


def of_function(module, spec):
    name = spec["name"]
    for action in ACTIONS:
        if action == "fix":
            for number, text in enumerate(module.mutants(spec)):
                yield task(module, spec, action, text, f"-{number}")
        elif action == "rename" and spec["locals"]:
            yield obscured(module, spec)
        elif action == "types" and module.language.name in TYPED:
            text = module.changed(name, untyped) if module.language.name == "typescript" else module.text
            yield task(module, spec, action, text)
        elif action == "edit":
            yield task(module, spec, action, module.text, instruction=spec["edit"])
            if spec["locals"]:
                rename = f"Rename the variable {spec['locals'][0]} to renamed_value."
                yield task(module, spec, action, module.text, "-rename", instruction=rename)
        elif action not in ("rename", "types"):
            yield task(module, spec, action, module.text)


def task(module, spec, action, text, suffix="", **more):
    first, last = module.language.find(text, spec["name"])
    id = f"{action}/{module.language.path(module.stem)}/{spec['name']}{suffix}"
    lines = (first + 1, last + 1)
    if action == "edit" and not suffix:
        lines = selection(module, spec, text, lines)
    return Task(id, action, module.language, module.stem, text, spec["name"], lines, module, spec, **more)


def selection(module, spec, text, lines):
    """Every fourth function of a module has only a cursor in it, and every fourth a selection that reaches into the
    next function."""
    at = [it["name"] for it in module.functions].index(spec["name"]) % 4
    first, last = lines
    if at == 1:
        return first + 2, None
    # An empty line, the head of the next function, and a line of its body.
    reaches = last + 3 < len(text.split("\n"))
    return (first, last + 4) if at == 2 and reaches else lines


def obscured(module, spec):
    """A task with single letters in place of the names of local variables."""
    names = dict(zip(spec["locals"], "abcdefgh"))
    it = task(module, spec, "rename", module.changed(spec["name"], lambda it: renamed(it, names)))
    it.names = tuple(names.values())
    return it


def renamed(text, names):
    """A text with other names of variables: not those of members, and not in strings."""
    return re.sub(r'(?<!")(?<!(?<!\.)\.)\b(\w+)\b(?!")', lambda it: names.get(it[1], it[1]), text)


def untyped(function):
    """A function of TypeScript without the types of its parameters and result."""
    head, body = function.split("\n", 1)
    head = re.sub(r": \([^)]*\) => \w+", "", head)
    head = re.sub(r"\b(\w+)\??: [^,={]+?(?= =|,|\)(?:: [^{]+)? \{$)", r"\1", head)
    head = re.sub(r"\): [^{]+ \{$", ") {", head)
    return f"{head}\n{body}"


def diagnosed(task):
    """The task with the message of its failing test or of the compiler."""
    if task.action != "fix":
        return task
    found, message = task.module.run(task.text, [(task.name, it) for it in task.spec["cases"]])
    wrong = [it[2] for it in found or [] if not it[1]]
    message = f"test failed: {wrong[0]}" if wrong else message
    return dataclasses.replace(task, diagnostic=(task.lines[0], message))


def check():
    """Names of functions whose cases fail, and of mutants that pass them."""
    broken = []
    for module in modules():
        found, message = module.run(module.text, module.cases())
        broken += [f"{module.stem}: {message}"] if found is None else [it[2] for it in found if not it[1]]
        for it in [it for it in everything() if it.module.stem == module.stem and it.action in ("fix", "rename", "types")]:
            found, _ = it.module.run(it.text, [(it.name, case) for case in it.spec["cases"]])
            fails = found is None or not all(row[1] for row in found)
            if fails != (it.action == "fix"):
                broken.append(it.id)
    return broken

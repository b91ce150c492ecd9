"""The verdict on an applied edit: solved, wrong, or damaging, with the reason."""

import dataclasses
import re

from tasks import renamed


@dataclasses.dataclass
class Verdict:
    # "solved", "wrong" or "damaging"; "refused" without an edit.
    result: str
    why: str = ""


SOLVED = Verdict("solved")


def damaging(why):
    return Verdict("damaging", why)


def wrong(why):
    return Verdict("wrong", why)


def judge(task, new, run_tests):
    """`new` is the file after the edit; `run_tests` gives the status and the number of tests that the project has for
    a text of the file: 0 if they pass, 1 if one fails, else an error."""
    return spoiled(task, new) or (of_tests(task, new, run_tests) if task.action == "test" else of_edit(task, new))


def spoiled(task, new):
    """What no edit may do."""
    found, message = task.module.run(new, task.module.cases(but=task.name))
    if found is None:
        # The file of a fix may have been broken before.
        before, _ = task.module.run(task.text, task.module.cases(but=task.name))
        return wrong(message) if before is None else damaging(f"the file is broken: {message}")
    before, _ = task.module.run(task.text, task.module.cases(but=task.name))
    was_broken = {it[0] for it in before or [] if not it[1]}
    broken = [it[2] for it in found if not it[1] and it[0] not in was_broken]
    if broken:
        return damaging(f"another function is broken: {broken[0]}")
    before, after = (task.language.definitions(it) for it in (task.module.text, new))
    lost, doubled = [it for it in before if not after[it]], [it for it, count in after.items() if count > max(1, before[it])]
    if lost or doubled:
        return damaging(f"lost {lost}, doubled {doubled}")
    beside = outside(task, new)
    return damaging(f"changes {beside!r} outside of the selection") if beside else None


def outside(task, new):
    """The first line outside of the function that is changed, but for imports and blank lines. Tests may be added."""
    code = lambda lines: [it for it in lines if it.strip() and not task.language.is_import(it)]
    first, last = task.language.find(task.text, task.name)
    old, new = task.text.split("\n"), code(new.split("\n"))
    if task.action == "test":
        left = iter(new)
        return next((it for it in code(old) if it not in left), None)
    before, after = code(old[:first]), code(old[last + 1 :])[::-1]
    pairs = [*zip(before, new), *zip(after, new[::-1])]
    return next((it for it, other in pairs if it != other), None)


def own(task, new, cases):
    """The message of the first case of the function that does not hold."""
    found, message = task.module.run(new, [(task.name, it) for it in cases])
    return message if found is None else next((it[2] for it in found if not it[1]), None)


def of_edit(task, new):
    if task.action == "edit":
        return of_instruction(task, new)
    failure = own(task, new, task.spec["cases"])
    if task.action == "fix":
        return wrong(failure) if failure else SOLVED
    if failure:
        return damaging(f"behaves differently: {failure}")
    return CHECKS[task.action](task, new)


def of_instruction(task, new):
    if "Rename the variable" in task.instruction:
        old_name, new_name = re.search(r"variable (\w+) to (\w+)\.", task.instruction).groups()
        wanted = task.module.changed(task.name, lambda it: renamed(it, {old_name: new_name}))
        if task.language.tokens(wanted) == task.language.tokens(new):
            return SOLVED
        failure = own(task, new, task.spec["cases"])
        return damaging(f"behaves differently: {failure}") if failure else wrong("more or less than a rename")
    if not task.spec.get("replaces"):
        failure = own(task, new, task.spec["cases"])
        if failure:
            return damaging(f"behaves differently where it must not: {failure}")
    failure = own(task, new, task.spec["edit_cases"])
    return wrong(failure) if failure else SOLVED


def document(task, new):
    if task.language.tokens(new) != task.language.tokens(task.text):
        return damaging("changes code")
    return SOLVED if task.language.is_documented(new, task.name) else wrong("no documentation")


def types(task, new):
    if task.language.untyped(new) != task.language.untyped(task.text):
        return damaging("changes code")
    return SOLVED if task.language.is_typed(new, task.name) else wrong("types are missing")


def simplify(task, new):
    before, after = len(task.language.tokens(task.text)), len(task.language.tokens(new))
    return SOLVED if after < before else wrong(f"{after - before} tokens more")


def extract(task, new):
    added = task.language.definitions(new) - task.language.definitions(task.text)
    called = [it for it in added if len(re.findall(rf"\b{re.split(r'[. ]', it)[-1]}\b", new)) > 1]
    return SOLVED if called else wrong("no new function is called")


def rename(task, new):
    """The tokens are the same but for new names in place of the bad ones."""
    before, after = task.language.tokens(task.text), task.language.tokens(new)
    # Without a new name, a token stands for itself.
    names = {}
    same = len(before) == len(after) and all(
        it == other or it in task.names and names.setdefault(it, other) == other for it, other in zip(before, after)
    )
    if not same:
        return damaging("changes more than names")
    if not task.spec["cases"]:
        partly = [it for it in names if it in after]
        taken = [it for it in names.values() if list(names.values()).count(it) > 1 or it in before and it not in task.names]
        if partly or taken:
            return damaging(f"renames {partly} in some places only, gives {taken} to two things")
    return SOLVED if len(names) * 2 >= len(task.names) else wrong("keeps most names")


CHECKS = {"document": document, "types": types, "simplify": simplify, "extract": extract, "rename": rename}


def of_tests(task, new, run_tests):
    """The tests pass, and fail for a mutant."""
    status, count = run_tests(new)
    if status == 0 and count > 0:
        changes = [lambda it, old=old, by=by: it.replace(old, by, 1) for old, by in task.spec["mutations"]]
        mutants = [changed(task, new, it) for it in changes]
        return SOLVED if any(run_tests(it)[0] == 1 for it in mutants) else wrong("no mutant is found")
    if status > 1 and task.language.test_file(task.stem) is None:
        return damaging("the tests do not compile")
    return wrong("a test fails" if status == 1 else "the tests do not run")


def changed(task, text, change):
    lines = text.split("\n")
    first, last = task.language.find(text, task.name)
    return "\n".join([*lines[:first], change("\n".join(lines[first : last + 1])), *lines[last + 1 :]])

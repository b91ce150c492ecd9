"""Two developers behind LiteLLM's proxy with PostgreSQL and Redis, set up with the files of `editors/TEAM.md`."""

import contextlib
import pathlib
import sys
import unittest

import stack
import world
from common import Provider, until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "clients"))

import gateway  # noqa: E402

BEFORE = "def area(w, h):\n    return w + h\n"
AFTER = "def area(w, h):\n    return w * h\n"
BEGUN = "def area(w, h):\n    return \n"
REST = "w * h"
COMPLETE, EDIT, EDIT_2, OWN = "team/complete", "team/edit", "team/edit-2", "own/claude-haiku-4-5"


def aimock():
    """A provider that multiplies, and counts enough tokens to have a price."""
    usage = {"input_tokens": 900, "output_tokens": 40, "prompt_tokens": 900, "completion_tokens": 40}
    edit = {"match": {"userMessage": "Multiply."}, "response": {"content": f"```python\n{AFTER}```", "usage": usage}}
    return gateway.Aimock(edit, {"match": {}, "response": {"content": f"<fill>{REST}</fill>"}})


class Upstreams:
    """The providers behind the gateway, and the developers' own."""

    def __init__(self):
        self.complete, self.edit, self.edit_2, self.own = Provider(REST), aimock(), aimock(), aimock()

    def routes(self):
        return {
            "text-completion-codestral/codestral-latest": self.complete.url + "/v1/fim/completions",
            "anthropic/claude-haiku-4-5": self.edit.url,
            "openai/gpt-4o-mini": self.edit_2.url + "/v1",
        }

    def close(self):
        for it in [self.complete, self.edit, self.edit_2, self.own]:
            it.close()


class Developer(world.Home):
    """A developer with the page's config and a key of the gateway."""

    def __init__(self, key, more=""):
        (config,) = stack.page("toml")
        for line, replacement in {
            "https://llm.example.org": proxy.url,
            'kind = "anthropic"\n': f'kind = "anthropic"\nurl = "{upstreams.own.url}/v1"\n',
            "training =": f"{more}\ntraining =",
        }.items():
            assert line in config, line
            config = config.replace(line, replacement)
        # The built-in model would answer before the others.
        super().__init__(f'embedded = "off"\n{config}')
        self.key = key

    def environment(self):
        return {**super().environment(), "TEAM_KEY": self.key, "ANTHROPIC_API_KEY": "key-of-my-own"}

    def why(self, feature):
        """The model that answered the last request for a feature, and the reasons by target."""
        found = lambda: [it for it in self.json("why", "--last", "9")["decisions"] if it["feature"] == feature]
        last = until(f"the request for {feature} is recorded", found)[0]
        return last["chosen"], {it["target"]: it["reason"] for it in last["candidates"]}

    def edit(self, name="area.py"):
        """Runs an action on a file, and returns its new text."""
        file = self.write(name, BEFORE)
        self.run("act", "edit", f"{file}:1-2", "--instruction", "Multiply.", "--write")
        return file.read_text()

    def complete(self, name="begun.py"):
        """The ghost text that an editor gets in a file that contains its own name."""
        client = world.Client(self)
        try:
            text = f"# {name}\n{BEGUN}"
            file = self.write(name, text)
            client.open(file, "python", text)
            answer = client.wait(client.complete(file, 2, len("    return ")))["result"]
            items = answer["items"] if isinstance(answer, dict) else answer or []
            texts = [it["insertText"] for it in items]
            self.why("complete")
            return texts
        finally:
            client.close()


def setUpModule():
    global upstreams, database, redis, proxy, keys, servers
    with contextlib.ExitStack() as started:
        run = lambda it: started.enter_context(contextlib.closing(it))
        upstreams, database, redis = run(Upstreams()), run(stack.Database()), run(stack.Redis())
        proxy = run(stack.Proxy(database, redis, upstreams.routes()))
        (script,) = stack.page("sh")
        keys = dict(zip(["alice", "bob"], proxy.shell(script).split(), strict=True))
        servers = started.pop_all()


def tearDownModule():
    servers.close()


class Case(unittest.TestCase):
    maxDiff = None

    def developer(self, name, more=""):
        developer = Developer(keys[name], more)
        self.addCleanup(developer.remove)
        return developer

    def assert_edited(self, developer, by, reasons):
        """An action is answered `by` a target, after others failed for these reasons."""
        self.assertEqual(developer.edit(), AFTER)
        self.assert_why(developer, "edit", by, reasons)

    def assert_completed(self, developer, by, reasons):
        self.assertEqual(developer.complete(), [REST])
        self.assert_why(developer, "complete", by, reasons)

    def assert_why(self, developer, feature, by, reasons):
        chosen, found = developer.why(feature)
        self.assertEqual(chosen, by, found)
        for target, reason in reasons.items():
            print(f"  {target}: {found[target]}")
            self.assertIn(reason, found[target])


class Team(Case):
    def test_both_developers_get_completions_and_actions(self):
        for name in keys:
            developer = self.developer(name)
            self.assertEqual(developer.complete(f"{name}.py"), [REST])
            self.assert_why(developer, "complete", COMPLETE, {})
            self.assertEqual(developer.edit(f"{name}.py"), AFTER)
            self.assert_why(developer, "edit", EDIT, {})
        columns = "\"user\", model_group, spend > 0, session_id like 'understudy-%', request_tags ? 'understudy'"
        rows = f'select distinct {columns} from "LiteLLM_SpendLogs" where spend > 0 order by 1, 2'
        spent = [[name, model, "t", "t", "t"] for name in sorted(keys) for model in ["complete", "edit"]]
        until("spending is recorded with user, session and tags", lambda: database.query(rows), spent.__eq__)
        asked = upstreams.complete.asked[0]
        self.assertEqual((asked["prompt"][-11:], asked["suffix"]), ("    return ", "\n"))

    def test_the_cache_answers_both_unless_a_developer_excludes_it(self):
        calls = lambda: len(upstreams.edit.journal())
        before = calls()
        for name in keys:
            self.assertEqual(self.developer(name).edit("shared.py"), AFTER)
        self.assertEqual(calls() - before, 1)
        self.assertGreater(redis.size(), 0)
        self.assertEqual(self.developer("bob", "body = { cache = { no-cache = true } }").edit("shared.py"), AFTER)
        self.assertEqual(calls() - before, 2)

    def test_a_used_up_budget_leads_to_the_next_candidate(self):
        bob = self.developer("bob")
        self.assertEqual(bob.edit("budget.py"), AFTER)
        proxy.post("/user/update", {"user_id": "bob", "max_budget": 0.000001})
        self.addCleanup(proxy.post, "/user/update", {"user_id": "bob", "max_budget": 20})
        used_up = "failed (quota)"
        self.assert_edited(bob, OWN, {EDIT: used_up, EDIT_2: used_up})
        self.assert_completed(bob, OWN, {COMPLETE: used_up})
        # The gateway is not asked again for a while.
        self.assert_edited(bob, OWN, {EDIT: "its quota is used up; next try in "})
        self.assert_edited(self.developer("alice"), EDIT, {})


class WithoutAProvider(Case):
    @classmethod
    def setUpClass(cls):
        upstreams.edit.close()
        upstreams.complete.close()

    def test_the_gateways_next_model_answers(self):
        alice = self.developer("alice", "body = { cache = { no-cache = true } }")
        failed = "failed (overloaded)"
        self.assert_edited(alice, EDIT_2, {EDIT: failed})
        self.assert_completed(alice, OWN, {COMPLETE: failed})


class WithoutTheGateway(Case):
    @classmethod
    def setUpClass(cls):
        proxy.stop()

    def test_the_developers_own_provider_answers(self):
        alice = self.developer("alice")
        gone = "failed (connect)"
        self.assert_edited(alice, OWN, {EDIT: gone, EDIT_2: gone})
        self.assert_completed(alice, OWN, {COMPLETE: gone})

"""`doctor` with ten kinds of working providers and two dead ones."""

import unittest

import test_aimock
import test_judge
import world


def setUpModule():
    global tiny
    test_judge.setUpModule()
    test_aimock.setUpModule()
    tiny = world.tiny()


def tearDownModule():
    tiny.close()
    test_aimock.tearDownModule()
    test_judge.tearDownModule()


def row(kind, url, model):
    return f"[[provider]]\nname = '{kind}'\nkind = '{kind}'\nurl = '{url}'\nmodels = ['{model}']\nkey.env = 'KEY'\n"


class Doctor(unittest.TestCase):
    def home(self, rows):
        home = world.Home("".join(row(*it) for it in rows))
        self.addCleanup(home.remove)
        return home

    def test_doctor_tells_working_providers_from_dead_ones(self):
        judged = {kind: (test_judge.judge.url + path, model) for kind, (path, model) in test_judge.VENDORS.items()}
        living = [(kind, *judged[kind]) for kind in judged if kind != "openai-responses"]
        living.append(("ollama", test_aimock.aimock.url, "llama3.2"))
        living.append(("llama-cpp", tiny.url, "tiny-fim"))
        self.assertEqual(len(living), 10)
        nowhere = f"http://127.0.0.1:{world.free_port()}"
        dead = [("deepseek", nowhere, "deepseek-v4-flash"), ("vllm", nowhere, "qwen2.5-coder")]
        home = self.home([*living, *dead])
        print(home.run("doctor"))
        found = {it["target"].split("/")[0]: it for it in home.json("doctor")["targets"]}
        for kind, *_ in living:
            self.assertIsNone(found[kind]["trouble"], kind)
            self.assertIsNotNone(found[kind]["first_token_ms"], kind)
        for kind, *_ in dead:
            self.assertTrue(found[kind]["trouble"], kind)

    def test_doctor_fails_if_no_provider_works(self):
        nowhere = f"http://127.0.0.1:{world.free_port()}"
        self.home([("vllm", nowhere, "qwen2.5-coder")]).run("doctor", expect=1)

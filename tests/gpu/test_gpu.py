"""The built-in engine of a build with the feature `vulkan` or `cuda`: what a GPU answers, and what follows if it fails.

Run by hand, since the other machines have no GPU. `GGML_VK_VISIBLE_DEVICES=0` admits Mesa's software driver for Vulkan:

    UNDERSTUDY_TESTBED=target/testbed UNDERSTUDY_BINARY=target/release/understudy python3 tests/gpu
"""

import json
import os
import signal
import unittest

import test_model
import world

MODEL = world.TESTBED / "qwen2.5-coder-0.5b.gguf"
PROCESSOR = "the processor"
# What selects devices and drivers.
DEVICES = {name: value for name, value in os.environ.items() if name.startswith(("CUDA_", "GGML_", "VK_"))}


class Home(world.Home):
    def environment(self):
        return {**super().environment(), **DEVICES}


class Gpu(unittest.TestCase):
    def home(self, config=""):
        home = Home(config)
        self.addCleanup(home.remove)
        return home

    def engine(self, *arguments, **environment):
        engine = test_model.Engine(self.home().path, *arguments, **DEVICES, **environment)
        self.addCleanup(engine.close)
        return engine

    def fill(self, engine):
        """The text of an answer, and what has computed it."""
        prefix = "class Point:\n    def __init__(self, left, top, width):\n"
        hole = {"input_prefix": prefix, "input_suffix": "", "n_predict": 32, "stop": ["\n\n"]}
        events = engine.fill(model=str(MODEL), **hole)
        return "".join(it["content"] for it in events), json.load(engine.open("GET", "/"))["device"]

    def test_the_gpu_and_the_processor_give_the_same_answer(self):
        text, device = self.fill(self.engine())
        self.assertNotEqual(device, PROCESSOR)
        self.assertIn("self.width = width", text)
        self.assertEqual(self.fill(self.engine("--no-gpu")), (text, PROCESSOR))

    def test_the_next_engine_uses_the_processor_if_one_ends_on_the_gpu(self):
        for number in [signal.SIGABRT, signal.SIGKILL]:
            config = f"[[provider]]\nname = 'built-in'\nkind = 'built-in'\nmodels = ['{MODEL}']\n"
            home = self.home(config)
            self.addCleanup(world.stop_engines, home.path)
            self.assertNotIn(self.doctor(home), [None, PROCESSOR])
            [pid] = world.engines(home.path)
            os.kill(pid, number)
            world.until("another engine", lambda: world.engines(home.path), lambda it: it and it != [pid])
            self.assertEqual(self.doctor(home), PROCESSOR)

    def doctor(self, home):
        found = home.json("doctor")["targets"][0]
        self.assertIsNone(found["trouble"], found)
        return found["device"]


if __name__ == "__main__":
    unittest.main()

"""llama.cpp's server, started on demand: one for all windows, loading while other models answer."""

import subprocess
import sys
import unittest

import world


class Start(unittest.TestCase):
    def setUp(self):
        self.port = world.free_port()
        model = world.REPOSITORY / "tests/fixtures/models/tiny-fim.gguf"
        words = ["env", f"PYTHONPATH={world.TESTBED / 'llama'}", sys.executable, str(world.HERE / "llama_server.py")]
        words += [str(model), str(self.port)]
        self.home = world.Home(
            "embedded.preempt = 1\n"
            f"[[provider]]\nname = 'home'\nkind = 'llama-cpp'\nurl = 'http://127.0.0.1:{self.port}'\n"
            f"models = ['tiny-fim']\nstart = {words}\n"
        )
        self.addCleanup(self.home.remove)
        self.addCleanup(self.stop)

    def running(self):
        found = subprocess.run(["pgrep", "-f", f"^[^ ]*python[^ ]* .*llama_server.py .* {self.port}$"], capture_output=True, text=True)
        return found.stdout.split()

    def stop(self):
        subprocess.run(["pkill", "-f", f"keep --name home .* {self.port}$"], check=False)
        world.until("the server ended with its supervisor", lambda: not self.running())

    def test_two_windows_share_one_server_started_on_demand(self):
        text = "def area(width, height):\n    return \n"
        windows = [world.Client(self.home) for _ in range(2)]
        for at, window in enumerate(windows):
            self.addCleanup(window.close)
            file = self.home.write(f"area_{at}.py", text)
            window.open(file, "python", text)
        self.assertEqual(self.running(), [])

        def served():
            for at, window in enumerate(windows):
                answer = window.wait(window.complete(self.home.project / f"area_{at}.py", 1, 11))
                self.assertNotIn("error", answer)
            models = self.home.json("usage")["models"]
            return sum(it["requests"] - it["failed"] for it in models if it["name"] == "home/tiny-fim") >= 2

        world.until("the server answers both windows", served)
        self.assertEqual(len(self.running()), 1)
        self.assertIn("it answers", self.home.run("log", "--tail", "1000"))

    def test_doctor_starts_it(self):
        found = self.home.json("doctor")["targets"][0]
        self.assertIsNone(found["trouble"], found)
        self.assertEqual(len(self.running()), 1)

"""A provider behind TLS: its certificate is verified first, and many requests share one connection."""

import pathlib
import ssl
import sys
import tempfile
import unittest
import urllib.request

import world

MAKE = """
import sys, trustme
authority = trustme.CA()
authority.cert_pem.write_to_path(sys.argv[1] + "/authority.pem")
server = authority.issue_cert("127.0.0.1", "localhost")
server.private_key_pem.write_to_path(sys.argv[1] + "/key.pem")
for nth, part in enumerate(server.cert_chain_pems):
    part.write_to_path(sys.argv[1] + "/server.pem", append=nth > 0)
"""


class Tls(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.at = pathlib.Path(self.folder.name)
        environment = {"PYTHONPATH": world.TESTBED / "judge"}
        world.run([sys.executable, "-c", MAKE, self.at], **environment)
        port = world.free_port()
        self.url = f"https://localhost:{port}"
        arguments = [port, self.at / "server.pem", self.at / "key.pem", self.at / "log"]
        trust = ssl.create_default_context(cafile=str(self.at / "authority.pem"))
        self.trust = trust
        command = [sys.executable, world.HERE / "tls_judge.py", *arguments]
        self.judge = world.Process(command, self.url, "/v1/models", trust=trust, **environment)
        self.addCleanup(self.judge.close)
        (self.at / "log").write_text("")

    def home(self, network):
        home = world.Home(
            f"embedded.preempt = 1\n{network}\n[[provider]]\nname = 'far'\nkind = 'openai'\n"
            f"url = '{self.url}/v1'\nmodels = ['gpt-4o-mini']\nkey.env = 'KEY'\n[route]\ncomplete = ['far']\n"
        )
        self.addCleanup(home.remove)
        return home

    def requests(self):
        lines = (self.at / "log").read_text().splitlines()
        return [line.split() for line in lines if line.endswith("/chat/completions")]

    def test_a_server_with_an_untrusted_certificate_gets_no_request(self):
        self.home("").run("ask", "Why?", expect=1)
        self.assertEqual(self.requests(), [])

    def test_one_http_2_connection_serves_many_requests(self):
        home = self.home(f"network.ca_file = '{self.at / 'authority.pem'}'")
        text = "def area(width, height):\n    return \n"
        file = home.write("area.py", text)
        client = world.Client(home)
        self.addCleanup(client.close)
        client.open(file, "python", text)
        for character in range(6, 11):
            self.assertNotIn("error", client.wait(client.complete(file, 1, character)))
        requests = self.requests()
        self.assertEqual({it[0] for it in requests}, {"2"})
        self.assertEqual(len(requests), 5)
        self.assertEqual(len({it[1] for it in requests}), 1)


if __name__ == "__main__":
    unittest.main()

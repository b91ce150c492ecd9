"""Connections that leave the machine use the proxy of the environment or of the settings."""

import socketserver
import threading
import unittest

import world

FAR = "[[provider]]\nname = 'far'\nkind = 'openai'\nurl = 'https://api.example.invalid/v1'\nmodels = ['m']\nkey.env = 'KEY'\n"


class Proxy(socketserver.ThreadingTCPServer):
    """A proxy that refuses all connections and records the requests."""

    def __init__(self):
        self.asked = []
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.server.asked.append(self.rfile.readline().decode().strip())
        while self.rfile.readline().strip():
            pass
        self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")


class Proxies(unittest.TestCase):
    def setUp(self):
        self.proxy = Proxy()
        self.addCleanup(self.proxy.server_close)
        self.addCleanup(self.proxy.shutdown)

    def ask(self, config, **variables):
        home = world.Home(config)
        self.addCleanup(home.remove)
        environment = home.environment
        home.environment = lambda: {**environment(), **variables}
        home.run("ask", "Why?", expect=1)

    def assert_tunnelled(self):
        self.assertEqual({it.split(" HTTP")[0] for it in self.proxy.asked}, {"CONNECT api.example.invalid:443"})

    def test_the_proxy_of_the_environment_is_used(self):
        self.ask(FAR, HTTPS_PROXY=self.proxy.url)
        self.assert_tunnelled()

    def test_the_proxy_of_the_settings_is_used(self):
        self.ask(f"network.proxy = '{self.proxy.url}'\n{FAR}")
        self.assert_tunnelled()

    def test_no_proxy_is_used_for_this_machine(self):
        nowhere = f"http://127.0.0.1:{world.free_port()}"
        near = f"[[provider]]\nname = 'near'\nkind = 'llama-cpp'\nurl = '{nowhere}'\n"
        self.ask(near, HTTP_PROXY=self.proxy.url, ALL_PROXY=self.proxy.url)
        self.assertEqual(self.proxy.asked, [])

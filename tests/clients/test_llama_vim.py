"""llama.vim in a real Neovim shows and accepts completions of a model behind the endpoint."""

import pathlib
import sys
import unittest

import gateway
import world
from common import REPOSITORY, Provider

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "nvim"))

import editor  # noqa: E402

REST = "width * height"
# Reads the plugin's ghost text from its namespace.
GHOST = """
local shown = {}
for _, space in pairs(vim.api.nvim_get_namespaces()) do
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { details = true })) do
    for _, chunk in ipairs(mark[4].virt_text or {}) do table.insert(shown, chunk[1]) end
  end
end
return table.concat(shown)
"""


class LlamaVim(unittest.TestCase):
    def neovim(self, *providers):
        endpoint = gateway.Gateway(*providers)
        self.addCleanup(endpoint.close)
        settings = endpoint.settings("llama.vim")
        config = f"vim.cmd([==[\n{settings}\n]==])\nvim.opt.rtp:append('{REPOSITORY / 'tests/fixtures/llama.vim'}')"
        home = editor.Home(config)
        self.addCleanup(home.remove)
        text = "def area(width, height):\n    return \n\n\ndef other():\n    pass\n"
        it = editor.Editor(home, home.write("area.py", text))
        self.addCleanup(it.close)
        return it

    def test_a_chat_model_answers_requests_in_the_format_of_llama_cpp(self):
        provider = Provider(f"<fill>{REST}</fill>")
        self.addCleanup(provider.close)
        it = self.neovim(("openai-compatible", provider.url, "chatty"))
        it.lua("vim.api.nvim_win_set_cursor(0, { 2, 10 })")
        it.type("A")
        world.until("it is shown", lambda: it.lua(GHOST), lambda shown: REST in shown)
        it.type("<Tab>")
        it.until_line(f"    return {REST}")
        self.assertIn("def area(width, height):", str(provider.asked[-1]["messages"]))

    def test_a_model_on_llama_cpps_own_server(self):
        server = world.tiny()
        self.addCleanup(server.close)
        it = self.neovim(("llama-cpp", server.url, "tiny-fim"))
        it.lua("vim.api.nvim_win_set_cursor(0, { 2, 10 })")
        it.type("A")
        world.until("something is shown", lambda: it.lua(GHOST))
        self.assertEqual(it.messages(), "")

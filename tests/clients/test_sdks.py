"""The unmodified SDKs of OpenAI and Anthropic, and litellm, configured with an address and a key only."""

import json
import os
import subprocess
import sys
import unittest

import gateway
import world
from common import TESTBED

TEXT = "Grüße ∑ 😀, all of it."
CALL = {"name": "look", "arguments": json.dumps({"path": "src/é.rs"})}

# Scripts get the address and the token in `argv` and print JSON.
OPENAI = """
import json, sys, openai
url, token = sys.argv[1:]
client = openai.OpenAI(base_url=url + "/v1", api_key=token, max_retries=0)
ask = [{"role": "user", "content": "say"}]
tools = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {"path": {"type": "string"}}}}}]
whole = client.chat.completions.create(model="auto", messages=ask)
stream = client.chat.completions.create(model="auto", messages=ask, stream=True, stream_options={"include_usage": True})
chunks = list(stream)
called = client.chat.completions.create(model="edit", messages=[{"role": "user", "content": "call"}], tools=tools)
with client.chat.completions.stream(model="edit", messages=[{"role": "user", "content": "call"}], tools=tools) as it:
    streamed = it.get_final_completion()
try:
    openai.OpenAI(base_url=url + "/v1", api_key="wrong", max_retries=0).models.list()
    refused = None
except openai.AuthenticationError as error:
    refused = error.status_code
try:
    client.chat.completions.create(model="none", messages=ask)
    missing = None
except openai.NotFoundError as error:
    missing = error.code
print(json.dumps({
    "models": [it.id for it in client.models.list()],
    "whole": whole.choices[0].message.content,
    "stream": "".join(it.choices[0].delta.content or "" for it in chunks if it.choices),
    "usage": [bool(it.usage) for it in chunks][-1],
    "called": json.loads(called.choices[0].message.tool_calls[0].function.arguments),
    "streamed": json.loads(streamed.choices[0].message.tool_calls[0].function.arguments),
    "refused": refused,
    "missing": missing,
}))
"""
LLAMA_CPP = """
import json, sys, openai
url, token = sys.argv[1:]
client = openai.OpenAI(base_url=url + "/v1", api_key=token, max_retries=0)
ask = {"model": "auto", "messages": [{"role": "user", "content": "Count from one to a hundred."}], "max_tokens": 16}
chunks = list(client.chat.completions.create(**ask, stream=True, stream_options={"include_usage": True}))
whole = client.chat.completions.create(**ask)
print(json.dumps({
    "stream": "".join(it.choices[0].delta.content or "" for it in chunks if it.choices),
    "finish": [it.choices[0].finish_reason for it in chunks if it.choices][-1],
    "tokens": [chunks[-1].usage.completion_tokens, whole.usage.completion_tokens],
    "whole": whole.choices[0].message.content,
}))
"""
ANTHROPIC = """
import json, sys, anthropic
url, token = sys.argv[1:]
client = anthropic.Anthropic(base_url=url, api_key=token, max_retries=0)
def ask(text): return {"model": "auto", "max_tokens": 99, "messages": [{"role": "user", "content": text}]}
tools = [{"name": "look", "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}}}]
whole = client.messages.create(**ask("say"))
with client.messages.stream(**ask("say")) as it:
    stream = "".join(it.text_stream)
called = client.messages.create(**ask("call"), tools=tools)
with client.messages.stream(**ask("call"), tools=tools) as it:
    streamed = it.get_final_message()
try:
    anthropic.Anthropic(base_url=url, api_key="wrong", max_retries=0).messages.create(**ask("say"))
    refused = None
except anthropic.AuthenticationError as error:
    refused = error.status_code
print(json.dumps({
    "whole": whole.content[0].text,
    "stream": stream,
    "called": [it.input for it in called.content if it.type == "tool_use"][0],
    "streamed": [it.input for it in streamed.content if it.type == "tool_use"][0],
    "refused": refused,
}))
"""
LITELLM = """
import json, sys, litellm
url, token = sys.argv[1:]
ask = [{"role": "user", "content": "say"}]
way = {"api_base": url + "/v1", "api_key": token}
whole = litellm.completion(model="openai/auto", messages=ask, **way)
stream = litellm.completion(model="openai/auto", messages=ask, stream=True, **way)
claude = litellm.completion(model="anthropic/auto", messages=ask, max_tokens=99, api_base=url, api_key=token)
print(json.dumps({
    "whole": whole.choices[0].message.content,
    "stream": "".join(it.choices[0].delta.content or "" for it in stream),
    "claude": claude.choices[0].message.content,
}))
"""
NODE_OPENAI = """
import OpenAI from "openai";
const [url, token] = process.argv.slice(2);
const client = new OpenAI({ baseURL: url + "/v1", apiKey: token, maxRetries: 0 });
const messages = [{ role: "user", content: "say" }];
const whole = await client.chat.completions.create({ model: "auto", messages });
let stream = "";
for await (const it of await client.chat.completions.create({ model: "auto", messages, stream: true }))
  stream += it.choices[0].delta.content ?? "";
const models = []; for await (const it of client.models.list()) models.push(it.id);
console.log(JSON.stringify({ whole: whole.choices[0].message.content, stream, models }));
"""
NODE_ANTHROPIC = """
import Anthropic from "@anthropic-ai/sdk";
const [url, token] = process.argv.slice(2);
const client = new Anthropic({ baseURL: url, apiKey: token, maxRetries: 0 });
const ask = { model: "auto", max_tokens: 99, messages: [{ role: "user", content: "say" }] };
const whole = await client.messages.create(ask);
const stream = await client.messages.stream(ask).finalMessage();
const page = await client.models.list();
console.log(JSON.stringify({ whole: whole.content[0].text, stream: stream.content[0].text, models: page.data.map((it) => it.id) }));
"""


def setUpModule():
    global aimock, endpoint
    said = {"match": {"userMessage": "say"}, "response": {"content": TEXT}}
    called = {"match": {"userMessage": "call"}, "response": {"toolCalls": [CALL]}}
    aimock = gateway.Aimock(called, said)
    # Model names that aimock accepts.
    endpoint = gateway.Gateway(
        ("openai", aimock.url + "/v1", "gpt-4o-mini"), ("anthropic", aimock.url + "/v1", "claude-haiku-4-5")
    )


def tearDownModule():
    endpoint.close()
    aimock.close()


class Sdks(unittest.TestCase):
    maxDiff = None

    def run_script(self, command, server=None, **environment):
        server = server or endpoint
        env = {"PATH": os.environ["PATH"], "HOME": str(server.home.path), **environment}
        command = [*map(str, command), server.url, server.token]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=world.PATIENCE * 2)
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        return json.loads(done.stdout.strip().splitlines()[-1])

    def python(self, script, **environment):
        return self.run_script([sys.executable, "-c", script], PYTHONPATH=str(TESTBED / "sdks"), **environment)

    def node(self, script):
        # Node looks for packages beside the script.
        file = TESTBED / "npm-sdks/script.mjs"
        file.write_text(script)
        return self.run_script(["node", file])

    def test_openai_for_python(self):
        said = self.python(OPENAI)
        self.assertEqual(said["models"][:4], ["auto", "complete", "edit", "explain"])
        self.assertEqual((said["whole"], said["stream"], said["usage"]), (TEXT, TEXT, True))
        self.assertEqual((said["called"], said["streamed"]), ({"path": "src/é.rs"},) * 2)
        self.assertEqual((said["refused"], said["missing"]), (401, "model_not_found"))

    def test_openai_for_python_with_llama_cpps_own_server(self):
        server = world.instruct()
        self.addCleanup(server.close)
        gate = gateway.Gateway(("llama-cpp", server.url, "smollm2"))
        self.addCleanup(gate.close)
        said = self.python(LLAMA_CPP, server=gate)
        self.assertTrue(said["stream"] and said["whole"], said)
        self.assertEqual((said["finish"], said["tokens"]), ("length", [16, 16]))

    def test_anthropic_for_python(self):
        said = self.python(ANTHROPIC)
        self.assertEqual((said["whole"], said["stream"], said["refused"]), (TEXT, TEXT, 401))
        self.assertEqual((said["called"], said["streamed"]), ({"path": "src/é.rs"},) * 2)

    def test_litellm(self):
        said = self.python(LITELLM, LITELLM_LOCAL_MODEL_COST_MAP="True")
        self.assertEqual((said["whole"], said["stream"], said["claude"]), (TEXT, TEXT, TEXT))

    def test_openai_for_node(self):
        said = self.node(NODE_OPENAI)
        self.assertEqual((said["whole"], said["stream"], said["models"][0]), (TEXT, TEXT, "auto"))

    def test_anthropic_for_node(self):
        said = self.node(NODE_ANTHROPIC)
        self.assertEqual((said["whole"], said["stream"], said["models"][0]), (TEXT, TEXT, "auto"))

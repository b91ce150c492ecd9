import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as binary from "../src/binary";
import { applies, has, hint, inline, touches, wrong } from "../src/edits";
import { EXPLAIN, trusted } from "../src/hover";
import type { Status } from "../src/protocol";
import { render } from "../src/markdown";
import * as settings from "../src/settings";
import { Thread } from "../src/thread";
import { blocked, dollars, present, provider } from "../src/words";

const place = { platform: "linux" as const, path: "/usr/bin:/opt/bin", extension: "/ext", setting: "" };
const disk = (...files: string[]) => ({ isFile: (path: string) => files.includes(path) });

describe("the server's program", () => {
  it("is only the one in the setting, if set", () => {
    const mine = { ...place, setting: "/home/me/understudy" };
    expect(binary.find(mine, disk("/home/me/understudy", "/usr/bin/understudy"))).toBe("/home/me/understudy");
    expect(binary.find(mine, disk("/usr/bin/understudy"))).toBeUndefined();
    expect(binary.missing("/home/me/understudy")).toContain("/home/me/understudy");
  });

  it("is the bundled one rather than one on the PATH", () => {
    expect(binary.find(place, disk("/ext/bin/understudy", "/opt/bin/understudy"))).toBe("/ext/bin/understudy");
    expect(binary.find(place, disk("/opt/bin/understudy"))).toBe("/opt/bin/understudy");
    expect(binary.find(place, disk())).toBeUndefined();
    expect(binary.missing("")).toContain("cargo install");
  });
});

describe("settings", () => {
  it("are sent only if they have a value", () => {
    const set: Record<string, settings.Inspected> = {
      "complete.trigger": { globalValue: "manual", workspaceValue: "automatic" },
      "complete.lines": {},
      "index.enabled": { workspaceFolderValue: false },
      path: { globalValue: "/x" },
    };
    const keys = [...Object.keys(set), "log.level"];
    expect(settings.chosen(keys, (key) => set[key], true)).toEqual({
      complete: { trigger: "automatic" },
      index: { enabled: false },
    });
    expect(settings.chosen(keys, (key) => set[key], false)).toEqual({ complete: { trigger: "manual" } });
  });

  it("of earlier versions are sent too, unless their replacement is set", () => {
    const set: Record<string, settings.Inspected> = {
      "embedded.threshold": { globalValue: 0.8 },
      "hover.mode": { globalValue: "cached" },
    };
    const sent = () => settings.chosen(["embedded", "hover"], (key) => set[key], true);
    expect(sent()).toEqual({ embedded: { threshold: 0.8 }, hover: { mode: "cached" } });
    set["embedded"] = { workspaceValue: "eager" };
    expect(sent()).toEqual({ embedded: "eager", hover: { mode: "cached" } });
  });
});

describe("the status", () => {
  const status: Status = {
    state: "degraded",
    paused: null,
    blocked: [],
    message: "groq is rate limited",
    serving: "home/qwen",
    spentToday: 0.12,
    providers: [
      { name: "groq", up: false, reason: "rate limited" },
      { name: "home", up: true, reason: null },
    ],
  };

  it("shows the model, the cost and unavailable providers, not by colour alone", () => {
    expect(present(status)).toEqual({
      text: "$(warning) home/qwen $0.12",
      label: "Understudy: groq is rate limited, $0.12 today",
      tooltip: "**Understudy**: groq is rate limited\n- groq is out: rate limited\n- home is up\n\n$0.12 today",
      warning: true,
    });
  });

  it("escapes a provider's text", () => {
    const reason = "[pay](https://evil) *now* <b>\n# $(error)";
    const { tooltip } = present({ ...status, providers: [{ name: "groq", up: false, reason }] });
    expect(tooltip).toContain("\\[pay\\]\\(https\\://evil\\) \\*now\\* \\<b\\> \\# \\$\\(error\\)");
  });

  it("shows why nothing was shown, unless the message contains it", () => {
    const silence = { message: "nothing shown: the cursor is inside a word", at: 1, count: 2 };
    expect(present({ ...status, silence }).tooltip).toContain("\n- nothing shown: the cursor is inside a word");
    expect(present({ ...status, silence, state: "paused" }).tooltip).not.toContain("nothing shown");
    expect(present({ ...status, silence: null }).tooltip).not.toContain("nothing shown");
  });

  it("shows what is blocked and by which rule", () => {
    const paused = present({ ...status, state: "paused", message: "paused everywhere" });
    expect([paused.text, paused.label]).toEqual(["$(debug-pause) paused $0.12", "Understudy: paused everywhere, $0.12 today"]);
    const only = { what: "groq/m", rule: "only", reason: "not among the providers this folder allows" };
    expect(present({ ...status, blocked: [only] }).tooltip).toContain(
      "- no requests to groq/m: not among the providers this folder allows \\(only\\)",
    );
    expect(blocked({ what: "everything", rule: "secret", reason: ".env" })).toBe("nothing is suggested or sent: .env (secret)");
  });

  it("shows no cost if none is known", () => {
    const free: Status = { ...status, state: "embedded", serving: null, spentToday: null, providers: [] };
    expect(present(free).text).toBe("$(device-desktop) Understudy");
  });

  it("never rounds a cost to zero", () => {
    expect([dollars(0), dollars(0.0001), dollars(1.005)]).toEqual(["$0.00", "under $0.01", "$1.00"]);
    expect(provider({ name: "a", up: false, reason: null })).toBe("a is out");
  });
});

describe("an answer", () => {
  const begin = (id: string, thread: string) => ({ id, kind: "begin" as const, title: "Explain", provider: "one/m", thread });
  const end = { kind: "end" as const, provider: "two/m", tokens: { prompt: 3, output: 4 }, usd: 0.002, error: null };

  it("grows by its parts, is discarded when its provider fails, and ends with its cost", () => {
    const thread = new Thread();
    thread.take(begin("a", "a"));
    thread.take({ id: "a", kind: "delta", text: "It is " });
    thread.take({ id: "a", kind: "reset", provider: "two/m" });
    thread.take({ id: "a", kind: "delta", text: "the area" });
    thread.take({ id: "a", ...end });
    const note = "one/m failed, two/m continues, 3 tokens read, 4 written, $0.0020";
    expect(thread.entries).toEqual([
      { id: "a", title: "Explain", provider: "two/m", text: "the area", state: "done", note },
    ]);
  });

  it("appears below the one it continues, and replaces any other", () => {
    const thread = new Thread();
    thread.take(begin("a", "a"));
    thread.take(begin("b", "a"));
    expect(thread.entries.map((it) => it.id)).toEqual(["a", "b"]);
    thread.take(begin("c", "c"));
    thread.take({ id: "a", kind: "delta", text: "late" });
    expect(thread.entries.map((it) => it.id)).toEqual(["c"]);
  });

  it("cannot be continued after a restart of its server, which reuses names", () => {
    const thread = new Thread();
    thread.take(begin("a", "a"));
    thread.take({ kind: "forget" });
    expect([thread.id, thread.entries.length]).toEqual([null, 1]);
    thread.take(begin("a", "a"));
    thread.take({ id: "a", kind: "delta", text: "new" });
    expect(thread.entries.map((it) => it.text)).toEqual(["new"]);
  });

  it("is data: no HTML, no picture, only links to web pages", () => {
    const html = render("<b onclick=x>a</b> ![p](https://x.org/p.png) [r](command:quit) [j](javascript:x) [w](https://w.org)");
    expect(html).not.toMatch(/<b|<img|href="command|href="javascript/);
    expect(html).toContain('<a>r</a> <a>j</a> <a href="https://w.org">w</a>');
  });
});

describe("a hover", () => {
  it("runs only the command that explains from its links", () => {
    const markdown = { value: "[Explain](command:understudy.explain?x)", isTrusted: false };
    const shown = { contents: [markdown, "text"], range: 1 };
    expect(trusted(shown)).toBe(shown);
    expect(markdown.isTrusted).toEqual({ enabledCommands: [EXPLAIN] });
    expect([EXPLAIN, shown.range, shown.contents[1]]).toEqual(["understudy.explain", 1, "text"]);
  });

  it("may be missing", () => {
    expect([trusted(undefined), trusted(null)]).toEqual([undefined, null]);
  });
});

describe("the package", () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
  const manifest = JSON.parse(read("../package.json")) as { contributes: { commands: { command: string }[] } };

  it("contains both licences of the repository", () => {
    const licence = read("../LICENSE");
    expect(licence).toContain(read("../../../LICENSE-MIT"));
    expect(licence).toContain(read("../../../LICENSE-APACHE"));
  });

  it("lists only commands that exist", () => {
    const source = read("../src/commands.ts") + read("../src/nextEdit.ts");
    for (const { command } of manifest.contributes.commands) {
      const name = command.replace("understudy.", "");
      expect(source).toMatch(new RegExp(`\\n    ${name}[:,]|registerCommand\\("${command}"`));
    }
  });
});

describe("a next edit", () => {
  const edit = (line: number, text = "b") => ({
    text,
    textDocument: { uri: "file:///p/a%20b.ts", version: 3 },
    range: { start: { line, character: 0 }, end: { line, character: 1 } },
    command: { command: "understudy.nextEdit.accept", arguments: ["1"] },
  });

  it("is applied within a line of the cursor, and jumped to otherwise", () => {
    const uri = "file:///p/a%20b.ts";
    expect([4, 5, 6, 7].map((line) => applies(edit(5), { uri, line }))).toEqual([true, true, true, false]);
    expect(applies(edit(5), { uri: "file:///p/other.ts", line: 5 })).toBe(false);
  });

  it("names its line, and its file if that is another", () => {
    expect(hint(edit(5), "file:///p/a%20b.ts")).toBe("Tab: next edit, line 6");
    expect(hint(edit(5), "file:///p/other.ts")).toBe("Tab: next edit, a b.ts line 6");
  });

  it("touches a renamed name also where it changes only a part of it", () => {
    const span = (line: number, from: number, to: number) => ({
      start: { line, character: from },
      end: { line, character: to },
    });
    const name = span(2, 4, 8);
    const others = [span(2, 4, 8), span(2, 8, 8), span(2, 1, 4), span(2, 9, 12), span(3, 4, 8)];
    expect(others.map((it) => touches(it, name))).toEqual([true, true, true, false, false]);
  });

  it("of a rename replaces the old name and nothing else", () => {
    const change = (from: number, to: number, text = "bound") => ({ from, to, text });
    const is = (text: string, ...changes: ReturnType<typeof change>[]) =>
      wrong(text, changes, "limit", "bound") === undefined;
    expect(is("f(limit)", change(2, 7))).toBe(true);
    expect(is("f(limit)", change(2, 6, "boun"), change(6, 7, "d"))).toBe(true);
    expect(is("limit(limit)", change(6, 11), change(0, 3, "boun"), change(3, 5, "d"))).toBe(true);
    expect(is("{ limit }", change(2, 7, "limit: bound"))).toBe(true);
    expect(is("echo $limit;", change(5, 11, "$bound"))).toBe(true);
    expect(is("def limit():\n    limit()\n", change(0, 25, "def bound():\r\n    bound()\r\n"))).toBe(true);
    // Positions that are wrong by one.
    expect(is("f(limit)", change(1, 6))).toBe(false);
    expect(is("f(limit)", change(3, 8))).toBe(false);
    expect(is("limit f(limit)", change(0, 5), change(9, 14))).toBe(false);
    expect(is("f(other)", change(2, 7))).toBe(false);
    expect(is("def limit():\n    a()\n", change(0, 21, "def bound():\n    b()\n"))).toBe(false);
    expect([has("f(bound)", "bound"), has("bounds", "bound")]).toEqual([true, false]);
  });

  it("is displayed in one line", () => {
    expect(inline("f(\n    a,\r\n)")).toBe("f( ↵ a, ↵ )");
    expect(inline("x".repeat(300))).toHaveLength(201);
  });
});

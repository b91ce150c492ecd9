//! The commands of the palette. Each sends a request to the server, or runs its program and shows the output.

import { execFile } from "node:child_process";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";
import type { Running } from "./extension";
import type { Act, Sent } from "./protocol";
import { blocked, provider, silence } from "./words";

const run = promisify(execFile);

export function register(running: Running, restart: () => Promise<void>): vscode.Disposable[] {
  const commands: Record<string, (...args: never[]) => unknown> = {
    menu: () => menu(running),
    why: () => shown(running, ["why"]),
    doctor: () => terminal(running, ["doctor"]),
    setup: () => terminal(running, ["setup"]),
    usage: () => usage(running),
    whatLeft: () => whatLeft(running),
    openConfig: () => openConfig(running),
    log: () => openPrinted(running, ["log", "--path"]),
    pauses: () => choosePause(running),
    pauseHere: () => pause(running, { uri: here(running) }),
    pauseHour: () => pause(running, { minutes: 60 }),
    pauseEverywhere: () => pause(running, {}),
    resumeAll: () => execute(running, "understudy.resume", {}),
    restart,
    input: (act: Act) => input(running, act),
    question: (words?: string, thread?: string | null) => question(running, words, thread ?? null),
  };
  return Object.entries(commands).map(([name, command]) =>
    vscode.commands.registerCommand(`understudy.${name}`, guarded(command)),
  );
}

/** Shows a failure as one error message. */
function guarded(command: (...args: never[]) => unknown): (...args: never[]) => Promise<void> {
  return async (...args) => {
    try {
      await command(...args);
    } catch (failure) {
      void vscode.window.showErrorMessage(`Understudy: ${failure instanceof Error ? failure.message : failure}`);
    }
  };
}

type Entry = vscode.QuickPickItem & { command: string };

function entry(label: string, command: string, description = ""): Entry {
  return { label, description, command };
}

function pauses(paused: boolean): Entry[] {
  return paused
    ? [entry("$(play) Resume", "resumeAll")]
    : [
        entry("$(debug-pause) Pause in this folder", "pauseHere"),
        entry("$(clock) Pause everywhere for an hour", "pauseHour"),
        entry("$(debug-pause) Pause everywhere", "pauseEverywhere"),
      ];
}

async function choose(entries: Entry[], title: string): Promise<void> {
  const chosen = await vscode.window.showQuickPick(entries, { title, placeHolder: "Choose a command" });
  if (chosen !== undefined) {
    await vscode.commands.executeCommand(`understudy.${chosen.command}`);
  }
}

async function menu(running: Running): Promise<void> {
  const status = await running.ask();
  await choose(
    [
      ...status.providers.map((it) => entry(it.up ? "$(check) up" : "$(circle-slash) out", "why", provider(it))),
      ...status.blocked.map((it) =>
        entry("$(circle-slash) blocked", it.rule === "pause" ? "resumeAll" : "openConfig", blocked(it)),
      ),
      ...silence(status).map((it) => entry("$(circle-slash) not shown", "why", it)),
      entry("$(question) Why this model?", "why"),
      entry("$(pulse) Check every provider", "doctor"),
      entry("$(search) Find keys and servers", "setup"),
      entry("$(graph) Usage and spend", "usage"),
      entry("$(eye) What left this machine", "whatLeft"),
      ...pauses(status.paused !== null),
      entry("$(gear) Open the config file", "openConfig"),
      entry("$(output) Show the log", "log"),
      entry("$(debug-restart) Restart the server", "restart"),
    ],
    status.message,
  );
}

/** Shows the most recent requests, verbatim, in an unsaved document. */
async function whatLeft(running: Running): Promise<void> {
  const sent = (await execute(running, "understudy.sent", {})) as Sent[];
  const requests = sent.map(
    (it) => `// ${new Date(it.at * 1000).toLocaleTimeString()} to ${it.provider} at ${it.url}\n${pretty(it.text)}\n`,
  );
  const content = requests.join("\n") || "// No request left this machine.\n";
  const document = await vscode.workspace.openTextDocument({ content, language: "jsonc" });
  await vscode.window.showTextDocument(document, { preview: true });
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function choosePause(running: Running): Promise<void> {
  const status = await running.ask();
  await choose(pauses(status.paused !== null), status.message);
}

/** The active document; a pause applies to its folder. */
function here(running: Running): string | undefined {
  const document = vscode.window.activeTextEditor?.document;
  if (document === undefined) {
    throw new Error("no file is open, so there is no folder to pause in");
  }
  return running.client?.code2ProtocolConverter.asUri(document.uri);
}

function pause(running: Running, wish: { uri?: string | undefined; minutes?: number }): Promise<unknown> {
  return execute(running, "understudy.pause", wish);
}

/** Asks for an instruction and executes the action with it. */
async function input(running: Running, act: Act): Promise<void> {
  const instruction = await vscode.window.showInputBox({ prompt: "What should the model do with the selection?" });
  if (instruction !== undefined && instruction.trim() !== "") {
    await execute(running, "understudy.act", { ...act, instruction });
  }
}

/** Asks a question about the selection, or continues from an answer. */
async function question(running: Running, words: string | undefined, thread: string | null): Promise<void> {
  const asked = words ?? (await vscode.window.showInputBox({ prompt: "What do you want to know about the selection?" }));
  if (asked === undefined || asked.trim() === "") {
    return;
  }
  const editor = vscode.window.activeTextEditor;
  // A thread has its own place.
  const place = editor &&
    thread === null && {
    uri: running.client?.code2ProtocolConverter.asUri(editor.document.uri),
    range: running.client?.code2ProtocolConverter.asRange(editor.selection),
  };
  await execute(running, "understudy.ask", { question: asked, thread, ...place });
}

/** Shows a page that the program writes, without scripts or links. */
async function usage(running: Running): Promise<void> {
  // The folder belongs to the user: other users cannot replace the file or put a link in its place.
  const folder = running.context.globalStorageUri.fsPath;
  await mkdir(folder, { recursive: true });
  const page = join(folder, `usage-${process.pid}.html`);
  await printed(running, ["usage", "--html", page]);
  const panel = vscode.window.createWebviewPanel("understudy.usage", "Understudy: Usage", vscode.ViewColumn.Active);
  panel.webview.html = await readFile(page, "utf8");
  await rm(page);
}

async function openConfig(running: Running): Promise<void> {
  const path = (await printed(running, ["config", "path"])).trim();
  const uri = vscode.Uri.file(path);
  try {
    await vscode.workspace.fs.stat(uri);
  } catch {
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode("# Understudy settings: see `understudy config schema`.\n"));
  }
  await vscode.window.showTextDocument(uri);
}

async function openPrinted(running: Running, args: string[]): Promise<void> {
  await vscode.window.showTextDocument(vscode.Uri.file((await printed(running, args)).trim()));
}

async function shown(running: Running, args: string[]): Promise<void> {
  const content = await printed(running, args);
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content }), { preview: true });
}

function terminal(running: Running, args: string[]): void {
  const shellPath = program(running);
  vscode.window.createTerminal({ name: `understudy ${args.join(" ")}`, shellPath, shellArgs: args }).show();
}

async function printed(running: Running, args: string[]): Promise<string> {
  const { stdout } = await run(program(running), args, { timeout: 60_000, maxBuffer: 16 << 20 });
  return stdout;
}

function program(running: Running): string {
  if (running.program === undefined) {
    throw new Error("the server's program was not found");
  }
  return running.program;
}

/** Executes a command of the server. */
function execute(running: Running, command: string, argument: unknown): Promise<unknown> {
  if (running.client === undefined) {
    throw new Error("the server is not running");
  }
  return running.client.sendRequest("workspace/executeCommand", { command, arguments: [argument] });
}

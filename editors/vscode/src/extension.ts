//! Starts the server, and gives it the editor's own places to show things in. What to suggest, whom to ask and
//! what it costs is the server's to know.

import { statSync } from "node:fs";
import * as vscode from "vscode";
import { LanguageClient, State } from "vscode-languageclient/node";
import type { LanguageClientOptions } from "vscode-languageclient/node";
import { Answers, VIEW } from "./answers";
import * as binary from "./binary";
import { register } from "./commands";
import { trusted } from "./hover";
import { Waiting } from "./progress";
import type { Answer, Status } from "./protocol";
import * as settings from "./settings";
import { StatusBar } from "./status";

export interface Running {
  context: vscode.ExtensionContext;
  bar: StatusBar;
  answers: Answers;
  client: LanguageClient | undefined;
  /** To what the client tells. */
  listeners: vscode.Disposable[];
  program: string | undefined;
  /** The status of the document in front, shown as well. */
  ask(): Promise<Status>;
}

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const bar = new StatusBar();
  const put = (question: string, thread: string | null): void => {
    void vscode.commands.executeCommand("understudy.question", question, thread);
  };
  const answers = new Answers(context.extensionUri, put);
  let questions = 0;
  const ask = async (): Promise<Status> => {
    const question = ++questions;
    const { client } = running;
    if (client === undefined) {
      throw new Error("its server is not running");
    }
    const document = vscode.window.activeTextEditor?.document;
    const textDocument = document && { uri: client.code2ProtocolConverter.asUri(document.uri) };
    const status = await client.sendRequest<Status>("understudy/status", { textDocument });
    // A later question may have been about another document.
    if (question === questions && running.client === client) {
      bar.show(status);
    }
    return status;
  };
  const running: Running = { context, bar, answers, client: undefined, listeners: [], program: undefined, ask };
  context.subscriptions.push(
    bar,
    { dispose: () => running.client?.dispose() },
    vscode.window.registerWebviewViewProvider(VIEW, answers, { webviewOptions: { retainContextWhenHidden: true } }),
    ...register(running, () => restart(running)),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("understudy.path")) {
        void restart(running);
      }
    }),
    // What is blocked is a matter of the document in front.
    vscode.window.onDidChangeActiveTextEditor(() => {
      running.ask().catch(() => undefined);
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => restart(running)),
  );
  await start(running);
}

export async function deactivate(): Promise<void> {
  // The client is among the context's subscriptions, and stops with them.
}

async function restart(running: Running): Promise<void> {
  const old = running.client;
  running.client = undefined;
  for (const it of running.listeners.splice(0)) {
    it.dispose();
  }
  try {
    await old?.dispose();
  } catch {
    // One that never started, or has died, has nothing to stop.
  }
  await start(running);
}

async function start(running: Running): Promise<void> {
  const setting = vscode.workspace.getConfiguration("understudy").get<string>("path", "");
  const place = {
    platform: process.platform,
    path: process.env["PATH"] ?? "",
    extension: running.context.extensionPath,
    setting,
  };
  running.program = binary.find(place, { isFile });
  if (running.program === undefined) {
    const message = binary.missing(setting);
    running.bar.down(message);
    void vscode.window.showErrorMessage(message, "Open Settings").then((chosen) => {
      if (chosen !== undefined) {
        void vscode.commands.executeCommand("workbench.action.openSettings", "understudy.path");
      }
    });
    return;
  }
  const waiting = new Waiting((token) => {
    void client.sendNotification("window/workDoneProgress/cancel", { token });
  });
  const client = new LanguageClient("understudy", "Understudy", { command: running.program }, options(waiting));
  running.client = client;
  const show = (status: Status): void => {
    if (running.client === client) {
      running.bar.show(status);
    }
  };
  running.listeners.push(
    client.onDidChangeState(({ newState }) => {
      if (running.client !== client) {
        return;
      }
      void vscode.commands.executeCommand("setContext", "understudy.running", newState === State.Running);
      if (newState === State.Running) {
        // Started, or started again after it died.
        running.answers.forget();
        running.ask().catch((failure) => {
          if (running.client === client) {
            running.bar.down(`Understudy runs, but does not say how it is doing: ${failure.message ?? failure}`);
          }
        });
      } else if (newState === State.Stopped) {
        waiting.clear();
        running.bar.down("Understudy has stopped. Its log says why.");
      }
    }),
    // It is about the document changed last, which need not be the one in front.
    client.onNotification("understudy/status", (status: Status) => {
      running.ask().catch(() => show(status));
    }),
    client.onNotification("understudy/answer", (piece: Answer) => running.answers.take(piece)),
    { dispose: () => waiting.clear() },
  );
  try {
    await client.start();
  } catch (failure) {
    const message = `Understudy did not start: ${failure instanceof Error ? failure.message : failure}`;
    running.bar.down(message);
    void vscode.window.showErrorMessage(message);
  }
}

/** Documents that a user edits: files, unsaved texts, cells of notebooks, files of virtual workspaces. */
const SCHEMES = ["file", "untitled", "vscode-notebook-cell", "vscode-vfs", "vscode-remote"];

/** An action with what the editor says of new lines. */
function formatted(act: object): object {
  const { tabSize, insertSpaces } = vscode.window.activeTextEditor?.options ?? {};
  const known = typeof tabSize === "number" && typeof insertSpaces === "boolean";
  return known ? { ...act, formattingOptions: { tabSize, insertSpaces } } : act;
}

function options(waiting: Waiting): LanguageClientOptions {
  return {
    documentSelector: SCHEMES.map((scheme) => ({ scheme })),
    initializationOptions: { ...chosen(), status: true, answers: true, input: true, commandLinks: true },
    synchronize: { configurationSection: "understudy" },
    middleware: {
      handleWorkDoneProgress: (token, params, next) => waiting.handle(token, params, next),
      provideHover: async (document, position, token, next) => trusted(await next(document, position, token)),
      executeCommand: (command, args, next) =>
        next(command, command === "understudy.act" ? args.map((it) => formatted(it as object)) : args),
      workspace: {
        // What nobody set is not sent: the editor's defaults must not stand above the user's own file.
        configuration: (params) => params.items.map((it) => (it.section === "understudy" ? chosen() : null)),
        didChangeConfiguration: (_sections, next) => next(undefined),
      },
    },
  };
}

function chosen(): Record<string, unknown> {
  const configuration = vscode.workspace.getConfiguration("understudy");
  const manifest = vscode.extensions.getExtension("understudy.understudy")?.packageJSON as {
    contributes: { configuration: { properties: Record<string, unknown> } };
  };
  const keys = Object.keys(manifest.contributes.configuration.properties).map((it) => it.replace(/^understudy\./, ""));
  return settings.chosen(keys, (key) => configuration.inspect(key), vscode.workspace.isTrusted);
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

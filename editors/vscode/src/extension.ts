//! Starts the server and shows its results in the editor. The server decides what to suggest and which model gets
//! a request, and calculates the cost.

import { statSync } from "node:fs";
import * as vscode from "vscode";
import { LanguageClient, State } from "vscode-languageclient/node";
import type { LanguageClientOptions } from "vscode-languageclient/node";
import { Answers, VIEW } from "./answers";
import * as binary from "./binary";
import { register } from "./commands";
import { trusted } from "./hover";
import { NextEdits } from "./nextEdit";
import { Waiting } from "./progress";
import type { Answer, Status } from "./protocol";
import * as settings from "./settings";
import { StatusBar } from "./status";

export interface Running {
  context: vscode.ExtensionContext;
  bar: StatusBar;
  answers: Answers;
  client: LanguageClient | undefined;
  /** Subscriptions to the client's events. */
  listeners: vscode.Disposable[];
  program: string | undefined;
  /** Requests the status of the active document and shows it. */
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
      throw new Error("the server is not running");
    }
    const document = vscode.window.activeTextEditor?.document;
    const textDocument = document && { uri: client.code2ProtocolConverter.asUri(document.uri) };
    const status = await client.sendRequest<Status>("understudy/status", { textDocument });
    // A later request may be about another document.
    if (question === questions && running.client === client) {
      bar.show(status);
    }
    return status;
  };
  const running: Running = { context, bar, answers, client: undefined, listeners: [], program: undefined, ask };
  context.subscriptions.push(
    bar,
    new NextEdits(context, () => running.client),
    { dispose: () => running.client?.dispose() },
    vscode.window.registerWebviewViewProvider(VIEW, answers, { webviewOptions: { retainContextWhenHidden: true } }),
    ...register(running, () => restart(running)),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("understudy.path")) {
        void restart(running);
      }
    }),
    // What is blocked depends on the active document.
    vscode.window.onDidChangeActiveTextEditor(() => {
      running.ask().catch(() => undefined);
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => restart(running)),
  );
  await start(running);
}

export async function deactivate(): Promise<void> {
  // The client is one of the context's subscriptions and stops with them.
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
    // A client that never started, or whose server exited, needs no stop.
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
        // Started, or restarted after the server exited.
        running.answers.forget();
        running.ask().catch((failure) => {
          if (running.client === client) {
            running.bar.down(`Understudy is running, but its status request failed: ${failure.message ?? failure}`);
          }
        });
      } else if (newState === State.Stopped) {
        waiting.clear();
        running.bar.down("Understudy has stopped. See its log for the cause.");
      }
    }),
    // It is about the document that was changed last, which may not be the active one.
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

/** Documents that a user edits: files, unsaved documents, notebook cells, files of virtual workspaces. */
const SCHEMES = ["file", "untitled", "vscode-notebook-cell", "vscode-vfs", "vscode-remote"];

/** An action with the editor's indentation options. */
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
        // Settings without a value are not sent: the editor's defaults must not override the user's config file.
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

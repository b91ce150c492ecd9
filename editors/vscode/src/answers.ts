//! The side panel that answers stream into.

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Answer, FromPage, ToPage } from "./protocol";

export const VIEW = "understudy.answers";

export class Answers implements vscode.WebviewViewProvider {
  private view: vscode.WebviewView | undefined;
  /** All of the thread that is shown, for a page that comes late. */
  private pieces: ToPage[] = [];
  private thread: string | undefined;

  constructor(
    private readonly root: vscode.Uri,
    private readonly ask: (question: string, thread: string | null) => void,
  ) {}

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    const localResourceRoots = ["dist", "media"].map((it) => vscode.Uri.joinPath(this.root, it));
    view.webview.options = { enableScripts: true, localResourceRoots };
    view.webview.html = this.page(view.webview);
    view.webview.onDidReceiveMessage((message: FromPage) => this.hear(message));
    view.onDidDispose(() => {
      this.view = undefined;
    });
  }

  /** Shows a piece of an answer; the first one brings the panel up, and leaves the keys where they are. */
  async take(piece: Answer): Promise<void> {
    if (piece.kind === "begin" && piece.thread !== this.thread) {
      this.thread = piece.thread;
      this.pieces = [];
    }
    this.pieces.push(piece);
    await this.view?.webview.postMessage(piece);
    if (piece.kind === "begin" && this.view?.visible !== true) {
      await vscode.commands.executeCommand(`${VIEW}.focus`, { preserveFocus: true });
    }
  }

  /** The server has started anew: nobody can go on from what it said before, and its names come again. */
  forget(): void {
    this.thread = undefined;
    this.pieces.push({ kind: "forget" });
    void this.view?.webview.postMessage({ kind: "forget" } satisfies ToPage);
  }

  private async hear(message: FromPage): Promise<void> {
    switch (message.kind) {
      case "ready":
        for (const piece of this.pieces) {
          void this.view?.webview.postMessage(piece);
        }
        return;
      case "ask":
        return this.ask(message.text, message.thread);
      case "copy":
        await vscode.env.clipboard.writeText(message.text);
        vscode.window.setStatusBarMessage("Understudy: copied", 2000);
        return;
      case "insert":
        return insert(message.text);
    }
  }

  /** Nothing but our own script runs in it, and nothing is fetched. */
  private page(webview: vscode.Webview): string {
    const nonce = randomBytes(16).toString("hex");
    const local = (...name: string[]) => webview.asWebviewUri(vscode.Uri.joinPath(this.root, ...name));
    return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'">
<link rel="stylesheet" href="${local("media", "panel.css")}">
<title>Answers</title>
</head>
<body>
<p id="empty">Choose "Understudy: Explain" among the code actions of a selection, or ask about the file in front.</p>
<main id="answers" aria-live="polite" aria-label="Answers"></main>
<form id="form">
<label for="question">Ask on, or about the selection</label>
<textarea id="question" rows="2"></textarea>
<button type="submit">Ask</button>
</form>
<script nonce="${nonce}" src="${local("dist", "page.js")}"></script>
</body>
</html>`;
  }
}

async function insert(text: string): Promise<void> {
  const editor = vscode.window.activeTextEditor ?? vscode.window.visibleTextEditors[0];
  if (editor === undefined) {
    void vscode.window.showWarningMessage("Understudy: no file is open to insert into.");
    return;
  }
  const { document } = editor;
  await editor.edit((edit) => edit.replace(editor.selection, text.replace(/\n$/, "")));
  await vscode.window.showTextDocument(document, { viewColumn: editor.viewColumn ?? vscode.ViewColumn.Active });
}

//! The side panel into which answers stream.

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Answer, FromPage, ToPage } from "./protocol";

export const VIEW = "understudy.answers";

export class Answers implements vscode.WebviewViewProvider {
  private view: vscode.WebviewView | undefined;
  /** All parts of the visible thread, for a page that loads after them. */
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

  /** Shows a part of an answer. The first part opens the panel without taking the keyboard focus. */
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

  /** The server restarted: earlier threads cannot be continued, and thread names may repeat. */
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

  /** The page runs only the extension's script and fetches nothing else. */
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
<p id="empty">Choose the code action "Understudy: Explain" on a selection, or ask about the active file.</p>
<main id="answers" aria-live="polite" aria-label="Answers"></main>
<form id="form">
<label for="question">Ask a follow-up question, or about the selection</label>
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
    void vscode.window.showWarningMessage("Understudy: cannot insert the text because no file is open.");
    return;
  }
  const { document } = editor;
  await editor.edit((edit) => edit.replace(editor.selection, text.replace(/\n$/, "")));
  await vscode.window.showTextDocument(document, { viewColumn: editor.viewColumn ?? vscode.ViewColumn.Active });
}

//! The side panel that answers stream into.

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Answer } from "./protocol";

/** What the panel's page tells us. */
type FromPage = { kind: "ready" } | { kind: "ask"; text: string; thread: string | null } | { kind: "insert"; code: string };

export class Answers implements vscode.WebviewViewProvider {
  private view: vscode.WebviewView | undefined;
  /** Everything since the last begin, for a page that comes late or was hidden. */
  private shown: Answer[] = [];

  constructor(
    private readonly root: vscode.Uri,
    private readonly ask: (question: string, thread: string | null) => void,
  ) {}

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    view.webview.options = { enableScripts: true, localResourceRoots: [this.root] };
    view.webview.html = this.page(view.webview);
    view.webview.onDidReceiveMessage((message: FromPage) => this.hear(message));
    view.onDidDispose(() => (this.view = undefined));
  }

  /** Shows a piece of an answer; the first of one brings the panel up. */
  async take(piece: Answer): Promise<void> {
    if (piece.kind === "begin") {
      this.shown = [];
      await vscode.commands.executeCommand("understudy.answers.focus", { preserveFocus: true });
    }
    this.shown.push(piece);
    await this.view?.webview.postMessage(piece);
  }

  private hear(message: FromPage): void {
    switch (message.kind) {
      case "ready":
        for (const piece of this.shown) {
          void this.view?.webview.postMessage(piece);
        }
        return;
      case "ask":
        return this.ask(message.text, message.thread);
      case "insert": {
        const editor = vscode.window.activeTextEditor;
        void editor?.edit((edit) => edit.replace(editor.selection, message.code));
        return;
      }
    }
  }

  /** Nothing but our own script runs in it, and nothing is fetched. */
  private page(webview: vscode.Webview): string {
    const nonce = randomBytes(16).toString("hex");
    const local = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(this.root, ...name.split("/")));
    return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}';">
<link rel="stylesheet" href="${local("media/panel.css")}">
<title>Answers</title>
</head>
<body>
<main id="answer" aria-live="polite"></main>
<form id="form">
<label for="question">Ask about it, or about the file in front</label>
<textarea id="question" rows="2"></textarea>
<button type="submit">Ask</button>
</form>
<script nonce="${nonce}" src="${local("dist/panel.js")}"></script>
</body>
</html>`;
  }
}

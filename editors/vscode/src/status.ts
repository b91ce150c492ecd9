//! The status bar item.

import * as vscode from "vscode";
import type { Status } from "./protocol";
import { present } from "./words";

export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("understudy", vscode.StatusBarAlignment.Right, 90);
  status: Status | undefined;

  constructor() {
    this.item.name = "Understudy";
    this.item.command = "understudy.menu";
    this.say("$(loading~spin) Understudy", "Understudy is starting");
  }

  show(status: Status): void {
    this.status = status;
    const it = present(status);
    this.item.backgroundColor = it.warning ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    this.say(it.text, it.label);
    this.item.tooltip = new vscode.MarkdownString(it.tooltip, true);
  }

  /** Shows that no server is running. */
  down(reason: string): void {
    this.status = undefined;
    this.item.backgroundColor = new vscode.ThemeColor("statusBarItem.errorBackground");
    this.say("$(error) Understudy", reason);
  }

  private say(text: string, label: string): void {
    this.item.text = text;
    this.item.tooltip = label;
    this.item.accessibilityInformation = { label };
    this.item.show();
  }

  dispose(): void {
    this.item.dispose();
  }
}

//! Shows work that the user waits for as a notification with a cancel button; the client's default progress has none.

import * as vscode from "vscode";
import type { ProgressToken, WorkDoneProgressBegin, WorkDoneProgressEnd, WorkDoneProgressReport } from "vscode-languageclient";

type Progress = WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd;
type Next = (token: ProgressToken, params: Progress) => void;

/** The prefix of tokens for work that the user requested; other work runs in the background. */
const WISHED = "understudy/act/";

interface Shown {
  report(message: string): void;
  end(): void;
}

export class Waiting {
  private readonly shown = new Map<ProgressToken, Shown>();

  constructor(private readonly cancel: (token: ProgressToken) => void) {}

  handle(token: ProgressToken, params: Progress, next: Next): void {
    if (!String(token).startsWith(WISHED)) {
      return next(token, params);
    }
    switch (params.kind) {
      case "begin":
        this.shown.set(token, this.begin(token, params.title));
        return;
      case "report":
        this.shown.get(token)?.report(params.message ?? "");
        return;
      case "end":
        this.shown.get(token)?.end();
        this.shown.delete(token);
        // The client also waits for the end.
        return next(token, params);
    }
  }

  /** The server has exited: ends all progress. */
  clear(): void {
    for (const it of this.shown.values()) {
      it.end();
    }
    this.shown.clear();
  }

  private begin(token: ProgressToken, title: string): Shown {
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    let report = (_: string): void => undefined;
    const options = { location: vscode.ProgressLocation.Notification, cancellable: true, title };
    void vscode.window.withProgress(options, (progress, cancelled) => {
      report = (message) => progress.report({ message });
      cancelled.onCancellationRequested(() => this.cancel(token));
      return ended;
    });
    return { report: (message) => report(message), end };
  }
}

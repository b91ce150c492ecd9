//! The content of the side panel: the answers of one thread, including incomplete ones. Pure, so that it can be tested
//! without a page.

import type { ToPage } from "./protocol";

export interface Entry {
  id: string;
  title: string;
  /** The provider that answers. */
  provider: string;
  /** Markdown. */
  text: string;
  state: "coming" | "done" | "failed";
  /** The cost, or why the answer is incomplete. */
  note: string;
}

export class Thread {
  /** The thread that a follow-up question names. */
  id: string | null = null;
  entries: Entry[] = [];

  /** Handles a part of an answer; a part that begins another thread replaces this one. */
  take(piece: ToPage): void {
    if (piece.kind === "forget") {
      this.id = null;
      return;
    }
    if (piece.kind === "begin") {
      if (piece.thread !== this.id) {
        this.id = piece.thread;
        this.entries = [];
      }
      const { id, title, provider } = piece;
      this.entries.push({ id, title, provider, text: "", state: "coming", note: "" });
      return;
    }
    const entry = this.entries.find((it) => it.id === piece.id);
    if (entry === undefined) {
      return;
    }
    switch (piece.kind) {
      case "delta":
        entry.text += piece.text;
        return;
      case "reset":
        entry.note = `${entry.provider} failed, ${piece.provider} continues`;
        entry.provider = piece.provider;
        entry.text = "";
        return;
      case "end":
        entry.state = piece.error === null ? "done" : "failed";
        entry.provider = piece.provider ?? entry.provider;
        entry.note = [piece.error ?? entry.note, tokens(piece.tokens), cost(piece.usd)].filter((it) => it !== "").join(", ");
        return;
    }
  }
}

function tokens(count: { prompt: number; output: number } | null): string {
  return count === null ? "" : `${count.prompt} tokens read, ${count.output} written`;
}

function cost(usd: number | null): string {
  if (usd === null) {
    return "";
  }
  return usd === 0 ? "free" : `$${usd.toFixed(usd < 0.01 ? 4 : 2)}`;
}

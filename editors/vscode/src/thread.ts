//! What the side panel shows: the answers of one thread, as far as they have come. Pure, so that it can be tested
//! without a page.

import type { ToPage } from "./protocol";

export interface Entry {
  id: string;
  title: string;
  /** Who answers. */
  provider: string;
  /** Markdown. */
  text: string;
  state: "coming" | "done" | "failed";
  /** What it cost, or why there is no more of it. */
  note: string;
}

export class Thread {
  /** What a question names to go on from here. */
  id: string | null = null;
  entries: Entry[] = [];

  /** Takes a piece of an answer; one that begins another thread takes this one's place. */
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
        entry.note = `${entry.provider} failed, ${piece.provider} goes on`;
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

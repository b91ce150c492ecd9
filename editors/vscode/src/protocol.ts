//! The server's methods beyond the standard; `../../PROTOCOL.md` documents them.

/** `understudy/status`, as a response or a notification. */
export interface Status {
  /** `ok`, or the reason why it is not. */
  state: "ok" | "degraded" | "embedded" | "paused" | "blocked";
  /** One line to display. */
  message: string;
  /** The model that gave the last answer. */
  serving: string | null;
  providers: ProviderStatus[];
  /** Spent since midnight (UTC), in US dollars; null if no provider is configured. */
  spentToday: number | null;
  /** The active pause: its folder, null for everywhere; its end, in seconds since 1970. */
  paused: { folder: string | null; until: number | null } | null;
  /** What is blocked for the document. */
  blocked: Blocked[];
  /** Why the last request for ghost text in the document showed nothing; null if it showed something. */
  silence?: { message: string; at: number; count: number } | null;
}

export interface Blocked {
  /** `everything`, `unasked`, `nextEdits`, or the `provider/model` that gets no requests. */
  what: string;
  rule: string;
  reason: string;
}

export interface ProviderStatus {
  name: string;
  up: boolean;
  /** Why it is unavailable. */
  reason: string | null;
}

/** The argument of `understudy.act`, created by the server; the client only adds the instruction. */
export type Act = Record<string, unknown>;

/** A part of an answer in Markdown: `understudy/answer`. */
export type Answer =
  | { id: string; kind: "begin"; title: string; provider: string; thread: string }
  | { id: string; kind: "delta"; text: string }
  /** Discard the text so far: `provider` continues. */
  | { id: string; kind: "reset"; provider: string }
  | {
      id: string;
      kind: "end";
      provider: string | null;
      tokens: { prompt: number; output: number } | null;
      usd: number | null;
      /** Why there is no answer, or why it is incomplete. */
      error: string | null;
    };

/** Messages to the panel's page: a part of an answer, or that its thread is no longer valid. */
export type ToPage = Answer | { kind: "forget" };

/** Messages from the panel's page to the extension. */
export type FromPage =
  | { kind: "ready" }
  | { kind: "ask"; text: string; thread: string | null }
  | { kind: "copy"; text: string }
  | { kind: "insert"; text: string };

/** A request that left this machine, with secrets masked; `at` is in seconds since 1970. */
export interface Sent {
  at: number;
  provider: string;
  url: string;
  text: string;
}

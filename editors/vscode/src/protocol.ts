//! The server's methods beyond the standard; `../../PROTOCOL.md` is their manual.

/** What serves, and what does not: `understudy/status`, asked for or told. */
export interface Status {
  /** `ok`, or what keeps it from being so. */
  state: "ok" | "degraded" | "embedded" | "paused" | "blocked";
  /** One line for people. */
  message: string;
  /** Who gave the last answer. */
  serving: string | null;
  providers: ProviderStatus[];
  /** Spent since midnight, in dollars; null where no provider is set up. */
  spentToday: number | null;
  /** The pause that holds: where, everywhere without a folder; until when, in seconds since 1970. */
  paused: { folder: string | null; until: number | null } | null;
  /** What is not done for the document. */
  blocked: Blocked[];
  /** Why the last request for ghost text in the document showed nothing; null if it showed something. */
  silence?: { message: string; at: number; count: number } | null;
}

export interface Blocked {
  /** `everything`, `unasked`, or the `provider/model` that is not asked. */
  what: string;
  rule: string;
  reason: string;
}

export interface ProviderStatus {
  name: string;
  up: boolean;
  /** Why it is out. */
  reason: string | null;
}

/** What `understudy.act` takes; the server made it, and only the words are added. */
export type Act = Record<string, unknown>;

/** A piece of an answer in Markdown: `understudy/answer`. */
export type Answer =
  | { id: string; kind: "begin"; title: string; provider: string; thread: string }
  | { id: string; kind: "delta"; text: string }
  /** What came so far is void: `provider` goes on. */
  | { id: string; kind: "reset"; provider: string }
  | {
      id: string;
      kind: "end";
      provider: string | null;
      tokens: { prompt: number; output: number } | null;
      usd: number | null;
      /** Why there is no answer, or no more of it. */
      error: string | null;
    };

/** What the panel's page is told: a piece of an answer, or that nobody knows its thread any more. */
export type ToPage = Answer | { kind: "forget" };

/** What the panel's page tells the extension. */
export type FromPage =
  | { kind: "ready" }
  | { kind: "ask"; text: string; thread: string | null }
  | { kind: "copy"; text: string }
  | { kind: "insert"; text: string };

/** A request as it left this machine, secrets masked; when, in seconds since 1970. */
export interface Sent {
  at: number;
  provider: string;
  url: string;
  text: string;
}

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
  /** Spent since midnight, in dollars; null while nothing was. */
  spentToday: number | null;
}

export interface ProviderStatus {
  name: string;
  up: boolean;
  /** Why it is out, and until when (RFC 3339), where that is known. */
  reason: string | null;
  until: string | null;
}

/** A piece of an answer: `understudy/answer`. */
export type Answer =
  | { id: string; kind: "begin"; title: string; question: string }
  | { id: string; kind: "delta"; text: string }
  /** What came so far is void: another model goes on. */
  | { id: string; kind: "reset"; by: string; reason: string }
  | { id: string; kind: "end"; by: string | null; tokens: number | null; usd: number | null; failure: string | null };

/** `understudy/pause`: what is asked of the server. */
export interface Pause {
  scope: "here" | "everywhere";
  uri?: string;
  /** Left out: until resumed. */
  minutes?: number;
  on: boolean;
}

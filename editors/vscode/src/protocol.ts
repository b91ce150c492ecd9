//! The server's methods beyond the standard; `../../PROTOCOL.md` is their manual.

/** What serves, and what does not: `understudy/status`, asked for or told. */
export interface Status {
  /** `ok`, or what keeps it from being so. */
  state: "ok" | "degraded" | "embedded";
  /** One line for people. */
  message: string;
  /** Who gave the last answer. */
  serving: string | null;
  providers: ProviderStatus[];
  /** Spent since midnight, in dollars; null where no provider is set up. */
  spentToday: number | null;
}

export interface ProviderStatus {
  name: string;
  up: boolean;
  /** Why it is out. */
  reason: string | null;
}

/** What `understudy.act` takes; the server made it, and only the words are added. */
export type Act = Record<string, unknown>;

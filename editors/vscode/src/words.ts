//! Converts a status to text. It does not depend on colour.

import type { Blocked, ProviderStatus, Status } from "./protocol";

export interface Presented {
  text: string;
  /** For screen readers. */
  label: string;
  /** Markdown. */
  tooltip: string;
  warning: boolean;
}

const ICONS: Record<Status["state"], string> = {
  ok: "$(sparkle)",
  degraded: "$(warning)",
  embedded: "$(device-desktop)",
  paused: "$(debug-pause)",
  blocked: "$(circle-slash)",
};

export function present(status: Status): Presented {
  const spent = status.spentToday === null ? "" : ` ${dollars(status.spentToday)}`;
  const silent = { paused: "paused", blocked: "off here" };
  const { state } = status;
  const who = state === "paused" || state === "blocked" ? silent[state] : (status.serving ?? "Understudy");
  const listed = [...status.providers.map(provider), ...status.blocked.filter((it) => it.what !== "everything").map(blocked)];
  listed.push(...silence(status));
  const lines = [`**Understudy**: ${escaped(status.message)}`, ...listed.map((it) => `- ${escaped(it)}`)];
  if (status.spentToday !== null) {
    lines.push("", `${dollars(status.spentToday)} today`);
  }
  return {
    text: `${ICONS[status.state]} ${who}${spent}`,
    label: `Understudy: ${status.message}${spent === "" ? "" : `,${spent} today`}`,
    tooltip: lines.join("\n"),
    warning: status.state === "degraded",
  };
}

export function provider(it: ProviderStatus): string {
  return it.up ? `${it.name} is up` : `${it.name} is out${it.reason === null ? "" : `: ${it.reason}`}`;
}

/** Why nothing was shown, unless the message contains it already. */
export function silence(status: Status): string[] {
  const told = status.silence?.message;
  return told === undefined || status.state === "paused" || status.state === "blocked" ? [] : [told];
}

/** What is blocked, and by which rule. */
export function blocked(it: Blocked): string {
  const what =
    { everything: "nothing is suggested or sent", unasked: "suggestions only on request", nextEdits: "no next edits" }[it.what] ??
    `no requests to ${it.what}`;
  return `${what}: ${it.reason} (${it.rule})`;
}

/** Escapes text for Markdown: a reason may contain a provider's text. */
function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]()#|<>~$&]|:(?=\/)/g, "\\$&").replace(/\s+/g, " ");
}

export function dollars(amount: number): string {
  return amount > 0 && amount < 0.01 ? "under $0.01" : `$${amount.toFixed(2)}`;
}

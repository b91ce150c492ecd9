//! The link in a hover that requests an explanation. Hovers may run that command of the server and no other: text that
//! a hover quotes from a source file or a model's answer is data.

export const EXPLAIN = "understudy.explain";

interface Trusting {
  isTrusted?: boolean | { readonly enabledCommands: readonly string[] };
}

/** The same hover, with links that run `EXPLAIN`. */
export function trusted<T extends { contents: readonly unknown[] }>(hover: T | null | undefined): T | null | undefined {
  for (const part of hover?.contents ?? []) {
    if (typeof part === "object" && part !== null && "isTrusted" in part) {
      (part as Trusting).isTrusted = { enabledCommands: [EXPLAIN] };
    }
  }
  return hover;
}

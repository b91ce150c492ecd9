//! The editor's settings for the server: only those that have a value, so that no default of the editor overrides the
//! user's config file.

/** The result of `WorkspaceConfiguration.inspect` for a setting. */
export interface Inspected {
  globalValue?: unknown;
  workspaceValue?: unknown;
  workspaceFolderValue?: unknown;
}

/** Settings of the extension itself. */
const OURS = new Set(["path", "trace.server"]);

/** Keys of earlier versions. They are no longer offered, but are sent if set. */
export const OLD = [
  "cache.megabytes",
  "complete.ahead",
  "complete.debounce",
  "embedded.enabled",
  "embedded.invoked_threshold",
  "embedded.preempt",
  "embedded.threshold",
  "embedded.tokens",
  "hover.mode",
  "hover.wait_ms",
  "index.max_file_kb",
  "index.max_files",
  "limit.complete.first_token_ms",
  "limit.edit.total_ms",
  "route.a_second",
  "route.learn",
  "route.spill",
];

/** A tree of the settings that have a value; those of the workspace only if it is trusted. `keys` are dotted, without
 * `understudy.`, and are applied after the old ones, so that `embedded` replaces `embedded.threshold`. */
export function chosen(
  keys: string[],
  inspect: (key: string) => Inspected | undefined,
  trusted: boolean,
): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const key of [...OLD, ...keys.filter((key) => !OURS.has(key))]) {
    const found = inspect(key);
    const workspace = trusted ? (found?.workspaceFolderValue ?? found?.workspaceValue) : undefined;
    const value = workspace ?? found?.globalValue;
    if (value === undefined) {
      continue;
    }
    const groups = key.split(".");
    const last = groups.pop() as string;
    const group = groups.reduce(
      (node, name) => (node[name] ??= {}) as Record<string, unknown>,
      tree,
    );
    group[last] = value;
  }
  return tree;
}

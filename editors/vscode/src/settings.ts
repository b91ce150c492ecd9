//! The editor's settings as the server wants them: only what somebody set, so that no default of the editor
//! stands above the user's own config file.

/** What `WorkspaceConfiguration.inspect` says of a setting. */
export interface Inspected {
  globalValue?: unknown;
  workspaceValue?: unknown;
  workspaceFolderValue?: unknown;
}

/** Settings that are the extension's own. */
const OURS = new Set(["path", "trace.server"]);

/** A tree of the settings that were set, by the workspace only if it is trusted; `keys` are dotted, without
 * `understudy.`. */
export function chosen(
  keys: string[],
  inspect: (key: string) => Inspected | undefined,
  trusted: boolean,
): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const key of keys.filter((key) => !OURS.has(key))) {
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

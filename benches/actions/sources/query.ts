// Addresses and their queries.

export type Query = Record<string, string[]>;

export class QueryError extends Error {
  override name = "QueryError";
}

export function parseQuery(text: string): Query {
  const query: Query = {};
  let rest = text;
  if (rest.startsWith("?")) {
    rest = rest.slice(1);
  }
  for (const pair of rest.split("&")) {
    if (pair === "") {
      continue;
    }
    const position = pair.indexOf("=");
    const key = position === -1 ? pair : pair.slice(0, position);
    const value = position === -1 ? "" : decodeURIComponent(pair.slice(position + 1));
    if (query[key] === undefined) {
      query[key] = [];
    }
    query[key].push(value);
  }
  return query;
}

export function buildQuery(query: Query): string {
  const parts: string[] = [];
  const keys = Object.keys(query);
  keys.sort();
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index];
    for (const value of query[key]) {
      if (value === "") {
        parts.push(key);
      } else {
        parts.push(key + "=" + encodeURIComponent(value));
      }
    }
  }
  return parts.join("&");
}

export function joinPath(base: string, path: string): string {
  if (path.startsWith("/")) {
    return path;
  }
  const segments = base.split("/");
  segments.pop();
  for (const segment of path.split("/")) {
    if (segment === "..") {
      if (segments.length > 1) {
        segments.pop();
      }
    } else if (segment !== ".") {
      segments.push(segment);
    }
  }
  return segments.join("/");
}

export function parsePort(text: string, fallback: number): number {
  if (text === "") {
    return fallback;
  }
  const port = Number(text);
  if (Number.isInteger(port)) {
    if (port >= 1) {
      if (port <= 65535) {
        return port;
      }
    }
  }
  throw new QueryError("not a port: " + text);
}

//! A next edit as text to display, and which step the accepting key takes.

/** The answer to `understudy/nextEdit`: at most one edit. */
export interface NextEditAnswer {
  edits: NextEdit[];
  /** A rename to a name that exists already. */
  conflict?: { definition: Definition; message: string };
}

/** A definition that the user renamed. */
export interface Definition {
  textDocument: { uri: string; version: number };
  range: Span;
  oldName: string;
}

export interface NextEdit {
  text: string;
  textDocument: { uri: string; version: number };
  range: Span;
  /** The definition of which this edit renames a use. */
  definition?: Definition;
  /** To be executed after the edit is applied. */
  command: { command: string; arguments?: unknown[] };
}

export interface Span {
  start: Place;
  end: Place;
}

/** Lines and UTF-16 code units, from 0. */
export interface Place {
  line: number;
  character: number;
}

/** Maximum distance in lines at which an edit is applied without jumping to it first. */
const NEAR = 1;
/** Longer names are cut. */
const LONGEST = 200;
/** Code units of a text that are displayed in the line. */
const LONG = 200;

/** The new text in one line: decorations have no line breaks. */
export function inline(text: string): string {
  const line = text.replace(/\r?\n[ \t]*/g, " ↵ ");
  return line.length > LONG ? `${line.slice(0, LONG)}…` : line;
}

/** Whether two ranges overlap or touch. */
export function touches(one: Span, other: Span): boolean {
  const ends = (a: Place, b: Place): boolean => a.line < b.line || (a.line === b.line && a.character <= b.character);
  return ends(one.start, other.end) && ends(other.start, one.end);
}

/** An edit of a text: code units, and what replaces them. */
export interface Change {
  from: number;
  to: number;
  text: string;
}

const WORD = /[\p{L}\p{N}_]+/gu;

/** `text` with `name` for each whole word `old`. */
function replaced(text: string, old: string, name: string): string {
  return text.replace(WORD, (it) => (it === old ? name : it));
}

/** Whether a text contains a name as a whole word. */
export function has(text: string, name: string): boolean {
  return Array.from(text.matchAll(WORD)).some(([it]) => it === name);
}

/** Whether a text differs from another only in the old name, which is the new one there. */
function renames(before: string, after: string, old: string, name: string): boolean {
  if (before === old) {
    // As a shorthand: `{ name }` becomes `{ name: new }`.
    return has(after, name);
  }
  // Some of the names in a longer range may have another meaning.
  return has(before, old) && replaced(before, old, name) === replaced(after, old, name);
}

/** The first change of a text that replaces anything but the old name. Changes within one word are taken together. */
export function wrong(text: string, changes: readonly Change[], old: string, name: string): Change | undefined {
  const rest = [...changes].sort((a, b) => a.from - b.from);
  const lines = (it: string): string => it.replace(/\r\n?/g, "\n");
  const tail = (at: number): string => /^[\p{L}\p{N}_]*/u.exec(text.slice(at, at + LONGEST))?.[0] ?? "";
  for (let it = rest.shift(); it !== undefined; it = rest.shift()) {
    const first = it;
    const head = /[\p{L}\p{N}_]*$/u.exec(text.slice(Math.max(0, it.from - LONGEST), it.from))?.[0] ?? "";
    const start = it.from - head.length;
    let after = head + it.text;
    let last = it.to;
    for (let next = rest[0]; next !== undefined && next.from <= last + tail(last).length; next = rest[0]) {
      after += text.slice(last, next.from) + next.text;
      last = next.to;
      rest.shift();
    }
    const end = tail(last);
    if (!renames(lines(text.slice(start, last) + end), lines(after + end), old, name)) {
      return first;
    }
  }
  return undefined;
}

/** Whether the key applies the edit; otherwise it jumps there. */
export function applies(edit: NextEdit, here: { uri: string; line: number }): boolean {
  return edit.textDocument.uri === here.uri && Math.abs(edit.range.start.line - here.line) <= NEAR;
}

/** What is displayed after the cursor's line for an edit that is not visible. */
export function hint(edit: NextEdit, here: string): string {
  const uri = edit.textDocument.uri;
  const file = uri === here ? "" : `${decodeURIComponent(uri.slice(uri.lastIndexOf("/") + 1))} `;
  return `Tab: next edit, ${file}line ${edit.range.start.line + 1}`;
}

//! A next edit as text to display, and which step the accepting key takes.

/** The answer to `understudy/nextEdit`: at most one edit. */
export interface NextEditAnswer {
  edits: NextEdit[];
}

export interface NextEdit {
  text: string;
  textDocument: { uri: string; version: number };
  range: Span;
  /** The definition that the user renamed and of which this edit renames a use. */
  definition?: { textDocument: { uri: string; version: number }; range: Span; oldName: string };
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
/** Code units of a text that are displayed in the line. */
const LONG = 200;

/** The new text in one line: decorations have no line breaks. */
export function inline(text: string): string {
  const line = text.replace(/\r?\n[ \t]*/g, " ↵ ");
  return line.length > LONG ? `${line.slice(0, LONG)}…` : line;
}

/** Whether two ranges of the same line overlap or touch. */
export function touches(one: Span, other: Span): boolean {
  const [a, b] = [one.start, other.start];
  return a.line === b.line && a.character <= other.end.character && b.character <= one.end.character;
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

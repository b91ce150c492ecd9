//! The page of the side panel: shows an answer as it comes, and asks on.

import MarkdownIt from "markdown-it";
import type { Answer } from "./protocol";

declare function acquireVsCodeApi(): { postMessage(message: unknown): void };

const host = acquireVsCodeApi();
// No HTML of the model's, and no links to be followed: an answer is data.
const markdown = new MarkdownIt({ html: false, linkify: false }).disable(["link", "image", "autolink"]);
const answer = element("answer");
const form = element("form") as HTMLFormElement;
const question = element("question") as HTMLTextAreaElement;

let current: { id: string; title: string; question: string; text: string; note: string } | undefined;
let waiting = false;

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) {
    throw new Error(`the page has no ${id}`);
  }
  return found;
}

function take(piece: Answer): void {
  if (piece.kind === "begin") {
    current = { id: piece.id, title: piece.title, question: piece.question, text: "", note: "…" };
  } else if (current?.id === piece.id) {
    switch (piece.kind) {
      case "delta":
        current.text += piece.text;
        break;
      case "reset":
        current.text = "";
        current.note = `${piece.reason}; ${piece.by} goes on`;
        break;
      case "end":
        current.note = note(piece);
        break;
    }
  }
  if (!waiting) {
    waiting = true;
    requestAnimationFrame(draw);
  }
}

function note(end: Extract<Answer, { kind: "end" }>): string {
  if (end.failure !== null) {
    return `Nobody answered: ${end.failure}`;
  }
  const tokens = end.tokens === null ? [] : [`${end.tokens} tokens`];
  const cost = end.usd === null ? [] : [end.usd === 0 ? "free" : `$${end.usd.toFixed(4)}`];
  return [end.by ?? "", ...tokens, ...cost].filter((it) => it !== "").join(", ");
}

function draw(): void {
  waiting = false;
  if (current === undefined) {
    return;
  }
  const title = document.createElement("h2");
  title.textContent = current.title;
  const asked = document.createElement("p");
  asked.className = "asked";
  asked.textContent = current.question;
  const body = document.createElement("section");
  // Safe: markdown-it escapes what is not Markdown, and HTML, links and images are off.
  body.innerHTML = markdown.render(current.text);
  for (const code of body.querySelectorAll("pre")) {
    code.append(buttons(code.textContent ?? ""));
  }
  const note = document.createElement("footer");
  note.textContent = current.note;
  answer.replaceChildren(title, asked, body, note);
}

function buttons(code: string): HTMLElement {
  const bar = document.createElement("div");
  bar.className = "buttons";
  const add = (name: string, act: () => void) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", act);
    bar.append(button);
  };
  add("Copy", () => void navigator.clipboard.writeText(code));
  add("Insert", () => host.postMessage({ kind: "insert", code }));
  return bar;
}

window.addEventListener("message", (event: MessageEvent<Answer>) => take(event.data));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = question.value.trim();
  if (text !== "") {
    host.postMessage({ kind: "ask", text, thread: current?.id ?? null });
    question.value = "";
  }
});
question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    form.requestSubmit();
  }
});
host.postMessage({ kind: "ready" });

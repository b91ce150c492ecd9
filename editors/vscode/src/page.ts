//! The page of the side panel: shows answers while they stream, and sends follow-up questions. It runs in a webview.

import { render } from "./markdown";
import type { FromPage, ToPage } from "./protocol";
import { Thread } from "./thread";
import type { Entry } from "./thread";

declare function acquireVsCodeApi(): { postMessage(message: FromPage): void };

const host = acquireVsCodeApi();
const thread = new Thread();
const answers = element("answers");
const form = element("form") as HTMLFormElement;
const question = element("question") as HTMLTextAreaElement;
let waits = false;

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) {
    throw new Error(`the page has no ${id}`);
  }
  return found;
}

function draw(): void {
  waits = false;
  const follows = document.documentElement.scrollHeight - window.innerHeight - window.scrollY < 40;
  const shown = new Map([...answers.children].map((it) => [it.id, it]));
  const articles = thread.entries.map((entry) => {
    const old = shown.get(entry.id);
    const article = drawn(entry);
    // Unchanged elements keep their selection and focus.
    return old !== undefined && old.outerHTML === article.outerHTML ? old : article;
  });
  if (articles.length !== answers.children.length || articles.some((it, index) => it !== answers.children[index])) {
    answers.replaceChildren(...articles);
  }
  answers.setAttribute("aria-busy", String(thread.entries.some((it) => it.state === "coming")));
  element("empty").hidden = thread.entries.length > 0;
  if (follows) {
    window.scrollTo(0, document.documentElement.scrollHeight);
  }
}

function drawn(entry: Entry): HTMLElement {
  const article = document.createElement("article");
  article.id = entry.id;
  const title = document.createElement("h2");
  title.textContent = entry.title;
  const body = document.createElement("section");
  // Safe: `markdown` escapes HTML.
  body.innerHTML = render(entry.text);
  for (const [index, code] of body.querySelectorAll("pre").entries()) {
    code.tabIndex = 0;
    code.after(buttons(["Copy", "Insert"], `code ${index + 1} of ${entry.title}`));
  }
  const foot = document.createElement("footer");
  const words = { coming: `${entry.provider} answers…`, done: entry.provider, failed: `${entry.provider} failed` };
  foot.textContent = [words[entry.state], entry.note].filter((it) => it !== "").join(": ");
  if (entry.state !== "coming") {
    foot.append(buttons(["Copy all"], entry.title));
  }
  article.append(title, body, foot);
  return article;
}

function buttons(names: string[], what: string): HTMLElement {
  const bar = document.createElement("div");
  bar.className = "buttons";
  for (const name of names) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.dataset["does"] = name;
    button.setAttribute("aria-label", `${name}: ${what}`);
    bar.append(button);
  }
  return bar;
}

answers.addEventListener("click", (event) => {
  const button = (event.target as HTMLElement).closest("button");
  const code = button?.parentElement?.previousElementSibling?.textContent ?? "";
  switch (button?.dataset["does"]) {
    case "Copy":
      return host.postMessage({ kind: "copy", text: code });
    case "Insert":
      return host.postMessage({ kind: "insert", text: code });
    case "Copy all": {
      const entry = thread.entries.find((it) => it.id === button?.closest("article")?.id);
      return host.postMessage({ kind: "copy", text: entry?.text ?? "" });
    }
  }
});

window.addEventListener("message", (event: MessageEvent<ToPage>) => {
  thread.take(event.data);
  if (!waits) {
    waits = true;
    requestAnimationFrame(draw);
  }
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = question.value.trim();
  if (text !== "") {
    host.postMessage({ kind: "ask", text, thread: thread.id });
    question.value = "";
  }
});

question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

host.postMessage({ kind: "ready" });

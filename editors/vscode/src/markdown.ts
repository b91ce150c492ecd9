//! Markdown of a model's as HTML. An answer is data: no HTML of its own, no picture is fetched, and no link leads
//! anywhere but to a page of the web, which the editor asks about before it opens one.

import MarkdownIt from "markdown-it";

const markdown = new MarkdownIt({ html: false, linkify: false }).disable(["image"]);
// Else what is no link of the web would stand there in its brackets; here it is left its words.
markdown.validateLink = () => true;
markdown.renderer.rules["link_open"] = (tokens, index, options, _, self) => {
  const link = tokens[index];
  if (link !== undefined) {
    link.attrs = (link.attrs ?? []).filter(([name, value]) => name === "href" && /^https?:\/\//i.test(String(value)));
  }
  return self.renderToken(tokens, index, options);
};

export function render(text: string): string {
  return markdown.render(text);
}

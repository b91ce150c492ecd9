//! Converts a model's Markdown to HTML. An answer is data: its HTML is escaped, no picture is fetched, and links open
//! web pages only. The editor asks before it opens one.

import MarkdownIt from "markdown-it";

const markdown = new MarkdownIt({ html: false, linkify: false }).disable(["image"]);
// Other links are reduced to their text; by default they would appear with their brackets.
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

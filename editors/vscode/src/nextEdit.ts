//! The next edit in the text: the old text struck through, the new text after it, a sign in the gutter. Tab jumps
//! there and applies it. Suggestions at the cursor and menus take precedence: see the keybindings' conditions.

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { applies, hint, inline } from "./edits";
import type { Definition, NextEdit, NextEditAnswer } from "./edits";
import * as rename from "./rename";

/** Milliseconds without a change after which a request is sent. */
const PAUSE = 150;
const VISIBLE = "understudy.nextEdit";
/** The edit renames a use, and another extension can rename all uses. */
const RENAMES = "understudy.nextEdit.renames";

/** With the default key of `understudy.nextEdit.rename`. */
const RENAME_HINT = "Alt+Enter: rename all uses";

/** The server's commands, which the client executes. */
const REJECT = "understudy.nextEdit.reject";

interface Shown {
  edit: NextEdit;
  client: LanguageClient;
  range: vscode.Range;
  uri: vscode.Uri;
  /** The definition that another extension can rename. */
  definition: rename.Renamed | undefined;
}

/** A message at the name of a definition. */
interface Conflict {
  uri: vscode.Uri;
  line: number;
  message: string;
}

export class NextEdits implements vscode.Disposable {
  private shown: Shown | undefined;
  private conflict: Conflict | undefined;
  private timer: NodeJS.Timeout | undefined;
  private asked = 0;
  private told: unknown;
  private renaming = false;
  private readonly removed = vscode.window.createTextEditorDecorationType({
    textDecoration: "line-through",
    opacity: "0.6",
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });
  private readonly added: vscode.TextEditorDecorationType;
  private readonly hints = vscode.window.createTextEditorDecorationType({});
  private readonly own: vscode.Disposable[];

  constructor(
    context: vscode.ExtensionContext,
    private readonly client: () => LanguageClient | undefined,
  ) {
    this.added = vscode.window.createTextEditorDecorationType({
      gutterIconPath: context.asAbsolutePath("media/next.svg"),
      gutterIconSize: "contain",
      rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    });
    this.own = [
      this.removed,
      this.added,
      this.hints,
      vscode.commands.registerCommand("understudy.nextEdit.apply", () => this.accept()),
      vscode.commands.registerCommand("understudy.nextEdit.dismiss", () => this.dismiss()),
      vscode.commands.registerCommand("understudy.nextEdit.rename", () => this.rename()),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (this.renaming) {
          return;
        }
        if (contentChanges.length > 0 && document === vscode.window.activeTextEditor?.document) {
          this.later();
        } else if (contentChanges.length > 0 && document.uri.toString() === this.shown?.uri.toString()) {
          this.forget();
        }
      }),
      vscode.window.onDidChangeActiveTextEditor(() => this.later()),
      vscode.window.onDidChangeTextEditorSelection(() => this.draw()),
      vscode.window.onDidChangeTextEditorVisibleRanges(() => this.draw()),
    ];
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const it of this.own) {
      it.dispose();
    }
  }

  /** Requests an edit after a pause. */
  private later(): void {
    this.forget();
    this.asked++;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask().catch(() => undefined), PAUSE);
  }

  private async ask(): Promise<void> {
    const client = this.client();
    const editor = vscode.window.activeTextEditor;
    if (client === undefined || editor === undefined) {
      return;
    }
    const request = ++this.asked;
    const { document } = editor;
    const version = document.version;
    const answer = await client.sendRequest<NextEditAnswer>("understudy/nextEdit", {
      textDocument: { uri: client.code2ProtocolConverter.asUri(document.uri), version },
      position: client.code2ProtocolConverter.asPosition(editor.selection.active),
    });
    const edit = answer.edits[0];
    if (request !== this.asked || document.version !== version) {
      return;
    }
    if (edit === undefined) {
      const { conflict } = answer;
      if (conflict !== undefined) {
        const { uri, range } = renamed(conflict.definition, client);
        this.conflict = { uri, line: range.start.line, message: conflict.message };
        this.draw();
      }
      return;
    }
    const uri = client.protocol2CodeConverter.asUri(edit.textDocument.uri);
    const target = vscode.workspace.textDocuments.find((it) => it.uri.toString() === uri.toString());
    if (target?.version === edit.textDocument.version) {
      const shown = { edit, client, uri, range: client.protocol2CodeConverter.asRange(edit.range), definition: undefined };
      this.shown = shown;
      this.draw();
      await this.offerRename(shown);
    }
  }

  /** Asks whether another extension can rename all uses. */
  private async offerRename(shown: Shown): Promise<void> {
    const { definition } = shown.edit;
    if (definition === undefined) {
      return;
    }
    const own = renamed(definition, shown.client);
    if ((await rename.offered(own)) && this.shown === shown) {
      shown.definition = own;
      this.draw();
    }
  }

  private forget(): void {
    this.shown = undefined;
    this.conflict = undefined;
    this.draw();
  }

  private draw(): void {
    const { shown } = this;
    void vscode.commands.executeCommand("setContext", VISIBLE, shown !== undefined);
    void vscode.commands.executeCommand("setContext", RENAMES, shown?.definition !== undefined);
    for (const editor of vscode.window.visibleTextEditors) {
      const here = shown !== undefined && editor.document.uri.toString() === shown.uri.toString();
      editor.setDecorations(this.removed, here && !shown.range.isEmpty ? [shown.range] : []);
      editor.setDecorations(this.added, here ? [added(shown)] : []);
      const active = shown !== undefined && editor === vscode.window.activeTextEditor;
      const seen = here && editor.visibleRanges.some((it) => it.contains(shown.range.start));
      const hints = active && !seen ? [elsewhere(shown, editor)] : [];
      if (here && shown.definition !== undefined) {
        hints.push(remark(RENAME_HINT, shown.range.start.line, editor));
      }
      const { conflict } = this;
      if (conflict !== undefined && editor.document.uri.toString() === conflict.uri.toString()) {
        hints.push(remark(conflict.message, conflict.line, editor));
      }
      editor.setDecorations(this.hints, hints);
    }
    const id = shown?.edit.command.arguments?.[0];
    if (shown !== undefined && id !== this.told) {
      this.told = id;
      void shown.client.sendNotification("textDocument/didShowInlineEdit", { item: { command: shown.edit.command } });
    }
  }

  /** Jumps to the edit if it is more than a line away, otherwise applies it. */
  private async accept(): Promise<void> {
    const { shown } = this;
    const editor = vscode.window.activeTextEditor;
    if (shown === undefined || editor === undefined) {
      return;
    }
    const { client, edit, range, uri } = shown;
    const here = { uri: client.code2ProtocolConverter.asUri(editor.document.uri), line: editor.selection.active.line };
    if (!applies(edit, here)) {
      const selection = new vscode.Range(range.start, range.start);
      // A change of the active editor requests the edit again.
      await vscode.window.showTextDocument(uri, { selection });
      this.draw();
      return;
    }
    const end = editor.document.offsetAt(range.start) + edit.text.length;
    const applied = await editor.edit((it) => it.replace(range, edit.text));
    if (applied) {
      const at = editor.document.positionAt(end);
      editor.selection = new vscode.Selection(at, at);
      editor.revealRange(new vscode.Range(at, at));
      await report(shown);
    }
  }

  /** Lets another extension rename all uses. */
  private async rename(): Promise<void> {
    const { shown } = this;
    if (shown?.definition === undefined) {
      return;
    }
    this.renaming = true;
    this.asked++;
    this.forget();
    let done = false;
    try {
      // The old name in the text is no rejection.
      await report(shown);
      done = await rename.run(shown.definition);
    } finally {
      this.renaming = false;
      if (!done) {
        this.later();
      }
    }
  }

  private async dismiss(): Promise<void> {
    const { shown } = this;
    this.forget();
    await shown?.client.sendRequest("workspace/executeCommand", {
      command: REJECT,
      arguments: shown.edit.command.arguments,
    });
  }
}

/** Tells the server that the edit is accepted. */
async function report({ client, edit }: Shown): Promise<void> {
  const { command, arguments: list } = edit.command;
  await client.sendRequest("workspace/executeCommand", { command, arguments: list });
}

function renamed(definition: Definition, client: LanguageClient): rename.Renamed {
  const convert = client.protocol2CodeConverter;
  const { uri, version } = definition.textDocument;
  return { uri: convert.asUri(uri), version, range: convert.asRange(definition.range), old: definition.oldName };
}

/** The new text after the old one. */
function added({ edit, range }: Shown): vscode.DecorationOptions {
  const after = {
    contentText: inline(edit.text),
    backgroundColor: new vscode.ThemeColor("diffEditor.insertedTextBackground"),
    color: new vscode.ThemeColor("editor.foreground"),
  };
  return {
    range: new vscode.Range(range.end, range.end),
    renderOptions: edit.text === "" ? {} : { after },
  };
}

/** Where the edit is, after the cursor's line. */
function elsewhere({ edit, client }: Shown, editor: vscode.TextEditor): vscode.DecorationOptions {
  const text = hint(edit, client.code2ProtocolConverter.asUri(editor.document.uri));
  return remark(text, editor.selection.active.line, editor);
}

/** A text after a line. */
function remark(contentText: string, line: number, editor: vscode.TextEditor): vscode.DecorationOptions {
  const { end } = editor.document.lineAt(line).range;
  const after = { contentText, color: new vscode.ThemeColor("editorGhostText.foreground"), margin: "0 0 0 2em" };
  return { range: new vscode.Range(end, end), renderOptions: { after } };
}

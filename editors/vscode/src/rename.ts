//! Renames the uses of a definition with the editor's rename provider. The user has renamed the definition by typing, so
//! that provider no longer finds its uses: the old name is put back, and the provider renames it.

import * as vscode from "vscode";
import { has, touches, wrong } from "./edits";

/** A definition that the user renamed. */
export interface Renamed {
  uri: vscode.Uri;
  version: number;
  /** Of the new name. */
  range: vscode.Range;
  old: string;
}

/** The editor of the definition, if it is visible and unchanged. */
function editorOf(definition: Renamed): vscode.TextEditor | undefined {
  const uri = definition.uri.toString();
  const found = vscode.window.visibleTextEditors.find((it) => it.document.uri.toString() === uri);
  return found?.document.version === definition.version ? found : undefined;
}

/** The provider's edits for renaming what is at the start of `range`. Fails if they do not contain it. */
async function edits(uri: vscode.Uri, range: vscode.Range, name: string): Promise<vscode.WorkspaceEdit> {
  const command = "vscode.executeDocumentRenameProvider";
  const found = await vscode.commands.executeCommand<vscode.WorkspaceEdit | undefined>(command, uri, range.start, name);
  if (found?.get(uri).some((it) => touches(it.range, range)) !== true) {
    throw new Error("the answer does not contain the definition");
  }
  return found;
}

/**
 * Fails if an edit replaces anything but the old name; wrong positions are the usual cause. Returns the files that contain
 * the new name already.
 */
async function check(found: vscode.WorkspaceEdit, old: string, name: string): Promise<string[]> {
  const known: string[] = [];
  for (const [uri, list] of found.entries()) {
    const document = await vscode.workspace.openTextDocument(uri);
    const file = vscode.workspace.asRelativePath(uri);
    const text = document.getText();
    const changes = list.map((it) => ({
      from: document.offsetAt(it.range.start),
      to: document.offsetAt(it.range.end),
      text: it.newText,
    }));
    const first = wrong(text, changes, old, name);
    if (first !== undefined) {
      throw new Error(`${file}:${document.positionAt(first.from).line + 1}: the edit does not replace ${old}`);
    }
    if (has(text, name)) {
      known.push(file);
    }
  }
  return known;
}

/** Whether a provider can rename the definition: it could rename it back. */
export async function offered(definition: Renamed): Promise<boolean> {
  if (editorOf(definition) === undefined) {
    return false;
  }
  try {
    await edits(definition.uri, definition.range, definition.old);
    return true;
  } catch {
    return false;
  }
}

/** Renames the definition everywhere as one undo step. If it fails, the text stays as it is, and the user gets the reason. */
export async function run(definition: Renamed): Promise<boolean> {
  const editor = editorOf(definition);
  if (editor === undefined) {
    return false;
  }
  const { uri, range, old } = definition;
  const name = editor.document.getText(range);
  // Together with the user's own edit these are no undo step.
  const quiet = { undoStopBefore: false, undoStopAfter: false };
  const before = new vscode.Range(range.start, range.start.translate(0, old.length));
  try {
    if (!(await editor.edit((it) => it.replace(range, old), quiet))) {
      return false;
    }
    const { version } = editor.document;
    const found = await edits(uri, before, name);
    const known = await check(found, old, name);
    if (editor.document.version === version && (await vscode.workspace.applyEdit(found, { isRefactoring: true }))) {
      if (known.length > 0) {
        const files = known.join(", ");
        void vscode.window.showWarningMessage(`Understudy: ${name} was used before in ${files}, check it`);
      }
      return true;
    }
    throw new Error("the file was edited meanwhile");
  } catch (error) {
    if (editor.document.getText(before) === old) {
      await editor.edit((it) => it.replace(before, name), quiet);
    }
    const reason = error instanceof Error ? error.message : String(error);
    void vscode.window.showWarningMessage(`Understudy: cannot rename ${old} to ${name}: ${reason}`);
    return false;
  }
}

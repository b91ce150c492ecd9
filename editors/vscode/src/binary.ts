//! Finds the server's program.

import * as path from "node:path";

export interface Disk {
  isFile(path: string): boolean;
}

export interface Place {
  platform: NodeJS.Platform;
  /** The `PATH`. */
  path: string;
  extension: string;
  /** The user's setting, empty if not set. */
  setting: string;
}

/** The program: from the setting, otherwise from the extension, otherwise from the PATH. */
export function find(place: Place, disk: Disk): string | undefined {
  if (place.setting !== "") {
    return disk.isFile(place.setting) ? place.setting : undefined;
  }
  const name = place.platform === "win32" ? "understudy.exe" : "understudy";
  const onPath = place.path.split(path.delimiter).filter((folder) => folder !== "");
  const folders = [path.join(place.extension, "bin"), ...onPath];
  return folders.map((folder) => path.join(folder, name)).find((file) => disk.isFile(file));
}

/** The error message if no program is found. */
export function missing(setting: string): string {
  return setting !== ""
    ? `Understudy: program not found: ${setting} (setting understudy.path)`
    : "Understudy: the server is not installed. Run `cargo install understudy-ls`, or set understudy.path.";
}

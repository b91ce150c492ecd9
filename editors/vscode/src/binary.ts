//! Where the server's program is.

import * as path from "node:path";

export interface Disk {
  isFile(path: string): boolean;
}

export interface Place {
  platform: NodeJS.Platform;
  /** The `PATH`. */
  path: string;
  extension: string;
  /** The user's setting, empty where there is none. */
  setting: string;
}

/** The program: the user's own, else the one that came with the extension, else the one on the PATH. */
export function find(place: Place, disk: Disk): string | undefined {
  if (place.setting !== "") {
    return disk.isFile(place.setting) ? place.setting : undefined;
  }
  const name = place.platform === "win32" ? "understudy.exe" : "understudy";
  const onPath = place.path.split(path.delimiter).filter((folder) => folder !== "");
  const folders = [path.join(place.extension, "bin"), ...onPath];
  return folders.map((folder) => path.join(folder, name)).find((file) => disk.isFile(file));
}

/** What to say where there is none. */
export function missing(setting: string): string {
  return setting !== ""
    ? `Understudy: there is no program ${setting}, which the setting understudy.path names.`
    : "Understudy: its server is not installed. `cargo install understudy-ls` does that, or name it in understudy.path.";
}

// Prints TypeScript without its types.
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";

process.stdout.write(stripTypeScriptTypes(readFileSync(0, "utf8")));

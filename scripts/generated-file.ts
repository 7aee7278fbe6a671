/** Writing and checking of generated files. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Writes a generated file; with --check on the command line it compares instead, and the process fails on a difference. */
export function writeGenerated(path: string, content: string | Uint8Array): void {
  const bytes = Buffer.from(content);
  if (!process.argv.includes("--check")) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    console.log(`wrote ${path}`);
  } else if (existsSync(path) && readFileSync(path).equals(bytes)) {
    console.log(`${path} is up to date`);
  } else {
    console.error(`${path} is not up to date: run npm run generate and commit what changed`);
    process.exitCode = 1;
  }
}

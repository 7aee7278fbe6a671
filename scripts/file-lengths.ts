/** No source file of src/ or kernel/ is longer than 400 lines. */
import { globSync, readFileSync } from "node:fs";

const MAX_LINES = 400;

const files = globSync(["src/**/*.ts", "kernel/*.ts"]);
const long = files
  .map((file) => ({ file, lines: readFileSync(file, "utf8").split("\n").length - 1 }))
  .filter(({ lines }) => lines > MAX_LINES);
for (const { file, lines } of long)
  console.error(`${file} has ${lines} lines; at most ${MAX_LINES} are allowed: split it`);
if (files.length === 0 || long.length > 0) process.exit(1);
console.log(`file lengths: ${files.length} files, none over ${MAX_LINES} lines`);

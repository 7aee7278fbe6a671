/** Writes the migration that the schema asks for (drizzle-kit); with --check it fails when there would be one. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";

const SCHEMA = "src/storage/*schema.ts";
const FOLDER = "drizzle";

/** drizzle-kit ends with 0 whatever happens, so its words decide. */
const UNCHANGED = "No schema changes";

if (process.argv.includes("--check")) {
  // It takes only folders below the current one.
  const copy = mkdtempSync(".drizzle-check-");
  try {
    cpSync(FOLDER, copy, { recursive: true });
    if (generate(copy).includes(UNCHANGED)) console.log(`${FOLDER}/ is up to date`);
    else {
      console.error(`${FOLDER}/ is not up to date with ${SCHEMA}: run npm run generate and commit what changed`);
      process.exitCode = 1;
    }
  } finally {
    rmSync(copy, { recursive: true });
  }
} else console.log(generate(FOLDER).trim().split("\n").at(-1));

function generate(folder: string): string {
  const options = ["generate", "--dialect", "postgresql", "--schema", SCHEMA, "--out", folder];
  return execFileSync(process.execPath, ["node_modules/drizzle-kit/bin.cjs", ...options], { encoding: "utf8" });
}

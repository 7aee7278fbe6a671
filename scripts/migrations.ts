/** Writes the migration that the schema asks for (drizzle-kit); with --check it fails when there would be one. */
import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SCHEMA = "src/storage/schema.ts";

if (process.argv.includes("--check")) {
  const folder = mkdtempSync(join(tmpdir(), "hark-migrations-"));
  try {
    cpSync("drizzle", folder, { recursive: true });
    const before = globSync("*.sql", { cwd: folder }).length;
    generate(folder);
    if (before === 0 || globSync("*.sql", { cwd: folder }).length !== before) {
      console.error("drizzle/ is not up to date with the schema: run npm run generate and commit what changed");
      process.exitCode = 1;
    } else console.log(`drizzle/ is up to date: ${before} migrations`);
  } finally {
    rmSync(folder, { recursive: true });
  }
} else generate("drizzle");

function generate(folder: string): void {
  const options = ["generate", "--dialect", "postgresql", "--schema", SCHEMA, "--out", folder];
  execFileSync(process.execPath, ["node_modules/drizzle-kit/bin.cjs", ...options], { stdio: ["ignore", "ignore", "inherit"] });
}

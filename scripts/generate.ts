/** Writes every generated file; with --check it writes nothing and fails when one is not up to date. */
import { execFileSync } from "node:child_process";

const check = process.argv.includes("--check");
const mode = check ? ["--check"] : [];

for (const generator of ["scripts/migrations.ts", "scripts/catalogue.ts", "scripts/sample.ts", "scripts/golden.ts"]) {
  execFileSync(process.execPath, [generator, ...mode], { stdio: "inherit" });
}

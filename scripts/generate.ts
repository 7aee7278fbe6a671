/** Writes every generated file; with --check it writes nothing and fails when one is not up to date. */
import { spawnSync } from "node:child_process";

const GENERATORS = [
  "scripts/kernel.ts",
  "scripts/network.ts",
  "scripts/migrations.ts",
  "scripts/catalogue.ts",
  "scripts/sample.ts",
  "scripts/golden.ts",
];

for (const generator of GENERATORS) {
  const { status } = spawnSync(process.execPath, [generator, ...process.argv.slice(2)], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}

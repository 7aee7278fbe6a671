/**
 * Checks who imports whom (.dependency-cruiser.mjs) and that the tool saw every module: with a compiler it cannot use it
 * sees none and reports no violation.
 */
import { execFileSync } from "node:child_process";
import { globSync } from "node:fs";
import { z } from "zod";

const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

const report = z.object({
  modules: z.array(z.object({ source: z.string() })),
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
  }),
});

const depcruise = ["node_modules/dependency-cruiser/bin/dependency-cruise.mjs", "src", "--output-type", "json"];
const output = runAllowingFailure(process.execPath, depcruise);
const { modules, summary } = report.parse(JSON.parse(output));
const expected = globSync("src/**/*.ts");
const seen = new Set(modules.map((module) => module.source));
const missed = expected.filter((file) => !seen.has(file.replaceAll("\\", "/")));

for (const { from, to, rule } of summary.violations) console.error(`${from} → ${to}: ${rule.name}`);
for (const file of missed) console.error(`${file} was not seen by the boundary check`);
if (expected.length === 0 || missed.length > 0 || summary.violations.length > 0) process.exit(1);
console.log(`boundaries: ${expected.length} modules, no violations`);

/** Its standard output; the tool ends with an error code when it finds violations. */
function runAllowingFailure(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, [...args], {
      encoding: "utf8",
      maxBuffer: MAX_OUTPUT_BYTES,
      stdio: ["ignore", "pipe", "inherit"],
    });
  } catch (error) {
    if (error instanceof Error && "stdout" in error && typeof error.stdout === "string" && error.stdout !== "")
      return error.stdout;
    throw error;
  }
}

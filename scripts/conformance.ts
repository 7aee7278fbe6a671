/**
 * Runs the official MCP conformance suite against Hark: everything that the protocol revisions require against the server
 * with fixtures (tests/conformance/), and what needs no fixtures against the server that is shipped.
 */
import { execFile } from "node:child_process";
import { globSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { startHttpServer } from "../tests/mcp/http-server-process.ts";
import { temporaryHome } from "../tests/mcp/temporary-home.ts";

type Revision = "2025-11-25" | "2026-07-28";

const REVISIONS: readonly Revision[] = ["2025-11-25", "2026-07-28"];

/** The sets are frozen; with another number the list was not read right. */
const REQUIRED_COUNT: Readonly<Record<Revision, number>> = { "2025-11-25": 30, "2026-07-28": 37 };

/** Not required, but passed, and to stay so. */
const ALSO: Readonly<Record<Revision, readonly string[]>> = {
  "2025-11-25": ["server-session-lifecycle", "json-schema-2020-12"],
  "2026-07-28": ["json-schema-2020-12", "http-header-validation", "http-custom-header-server-validation"],
};

const WITHOUT_FIXTURES: Readonly<Record<Revision, readonly string[]>> = {
  "2025-11-25": [
    "server-initialize",
    "server-session-lifecycle",
    "ping",
    "tools-list",
    "resources-list",
    "prompts-list",
    "dns-rebinding-protection",
  ],
  "2026-07-28": [
    "tools-list",
    "resources-list",
    "prompts-list",
    "dns-rebinding-protection",
    "caching",
    "http-header-validation",
    "sep-2164-resource-not-found",
  ],
};

const RESULTS = ".conformance";

/** A check that also passes when nothing was exchanged. */
const ALWAYS_PASSED = "wire-schema-valid";

const SUITE = join(
  dirname(createRequire(import.meta.url).resolve("@modelcontextprotocol/conformance/package.json")),
  "dist/index.js",
);

const checksSchema = z.array(z.object({ id: z.string(), status: z.string(), errorMessage: z.string().optional() }));

rmSync(RESULTS, { recursive: true, force: true });
const startedAt = performance.now();
const failures = [
  ...(await runServer("fixtures", ["tests/conformance/server.ts"], async (revision) => [
    ...(await required(revision)),
    ...ALSO[revision],
  ])),
  ...(await runServer("shipped", ["src/server.ts", "--http"], async (revision) => WITHOUT_FIXTURES[revision])),
];
for (const failure of failures) console.error(failure);
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
console.log(
  `conformance: ${failures.length === 0 ? "everything passed" : `${failures.length} failures`} in ${seconds} s`,
);
if (failures.length > 0) process.exitCode = 1;

/** Starts a server, runs both revisions, and checks the scenarios that matter; a line for each that did not pass. */
async function runServer(
  name: string,
  args: readonly string[],
  scenariosOf: (revision: Revision) => Promise<readonly string[]>,
): Promise<string[]> {
  await using home = await temporaryHome();
  await using server = await startHttpServer(args, { HARK_HOME: home.path });
  const failures: string[] = [];
  for (const revision of REVISIONS) {
    const output = join(RESULTS, `${name}-${revision}`);
    // It ends with an error code for scenarios that do not count, too.
    await suite(["server", "--url", server.url, "--requirements", revision, "-o", output]).catch(() => {});
    const scenarios = await scenariosOf(revision);
    const found = scenarios.flatMap((scenario) => faults(output, scenario).map((fault) => `${scenario}: ${fault}`));
    failures.push(...found.map((fault) => `✗ ${name} ${revision} ${fault}`));
    console.log(`${name} ${revision}: ${scenarios.length} scenarios, ${found.length} faults`);
  }
  return failures;
}

/** Why a scenario did not pass; nothing when it did. A scenario that was not run, or checked nothing, did not pass. */
function faults(output: string, scenario: string): string[] {
  const files = globSync(`${output}/server-${scenario}-2*/checks.json`);
  const [file] = files;
  if (file === undefined || files.length > 1) return [`has ${files.length} results`];
  const checks = checksSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  const passed = checks.some(({ id, status }) => status === "SUCCESS" && id !== ALWAYS_PASSED);
  const failed = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING");
  return [...(passed ? [] : ["checked nothing"]), ...failed.map(({ id, errorMessage }) => `${id}: ${errorMessage}`)];
}

/** The server scenarios that a revision requires. */
async function required(revision: Revision): Promise<readonly string[]> {
  const list = await suite(["list", "--server", "--requirements", revision]);
  const [, section = ""] = /^Server scenarios.*\n((?: {2}- .*\n)+)/m.exec(list) ?? [];
  const scenarios = section.match(/(?<= {2}- )\S+/g) ?? [];
  if (scenarios.length !== REQUIRED_COUNT[revision]) {
    throw new Error(`the suite lists ${scenarios.length} scenarios for ${revision}, not ${REQUIRED_COUNT[revision]}`);
  }
  return scenarios;
}

async function suite(args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [SUITE, ...args], { maxBuffer: 2 ** 26 })).stdout;
}

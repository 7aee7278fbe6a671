/** Strange files through the whole of Hark: each gives a result or a typed error, soon, and Hark goes on. */
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Application, createApplication } from "../../src/application.ts";
import { readConfig } from "../../src/config.ts";
import { AppError } from "../../src/errors.ts";
import { runTool } from "../../src/tools/run-tool.ts";
import { createTestDatabase } from "../storage/test-database.ts";

const ODD = resolve("../shared/devset/odd");
const files = existsSync(ODD) ? readdirSync(ODD) : [];
const LIMIT_MS = 10_000;

// Hooks of a file whose tests are all skipped do not run, so nothing may be opened then.
const database = files.length === 0 ? null : await createTestDatabase();
let application: Application;
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "hark-odd-"));
  application = createApplication(
    readConfig({ HARK_HOME: home, HARK_ROOTS: ODD, DATABASE_URL: database?.databaseUrl }),
    pino({ level: "silent" }),
  );
});

afterAll(async () => {
  await application.close();
  await rm(home, { recursive: true, force: true });
});

async function call(name: string, args: Record<string, unknown>): Promise<unknown> {
  const tool = application.tools.find((candidate) => candidate.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  const context = { services: application.services, signal: AbortSignal.timeout(LIMIT_MS), progress: () => {} };
  return (await runTool(tool, args, context)).value;
}

test.skipIf(files.length === 0)(
  "every odd file gives a result or a typed error, and Hark still answers (skipped: no ../shared/devset/odd)",
  async () => {
    const outcomes: Record<string, string> = {};
    for (const file of files) {
      for (const agent of application.services.agents) {
        const answer = await call(`analyse_${agent.name}`, { track_id: join(ODD, file) }).then(
          () => "result",
          (error: unknown) => (error instanceof AppError ? error.kind : String(error)),
        );
        outcomes[`${file} ${agent.name}`] = answer;
        expect(["result", "invalid_input"], `${file} ${agent.name}`).toContain(answer);
      }
    }
    expect(Object.keys(outcomes).length).toBe(files.length * application.services.agents.length);
    expect(Object.values(outcomes)).toContain("result");
    expect(Object.values(outcomes)).toContain("invalid_input");
    expect(await call("list_tracks", {})).toMatchObject({ total: expect.any(Number) });
  },
  120_000,
);

/** Hark with the test operations, on a data folder and a database of its own; workers as processes. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll } from "vitest";
import { type Application, type ApplicationOptions, createApplication } from "../../src/application.ts";
import { LOCAL_CALLER } from "../../src/caller.ts";
import { readConfig } from "../../src/config.ts";
import type { JobRequest, JobService } from "../../src/jobs/job-service.ts";
import type { Operation } from "../../src/processing/operation.ts";
import type { Job } from "../../src/storage/job-repository.ts";
import { openStorage, type Storage } from "../../src/storage/storage.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { serverEnvironment } from "../mcp/temporary-home.ts";
import { sineFile } from "../mcp/test-audio.ts";
import { createTestDatabase } from "../storage/test-database.ts";
import { OPERATIONS } from "./test-operations.ts";

const OPERATIONS_MODULE = new URL("./test-operations.ts", import.meta.url).href;

/** What a loaded machine may take to start a process. */
const START_MS = 20_000;

export interface JobBench {
  readonly home: string;
  /** An allowed folder. */
  readonly music: string;
  readonly storage: Storage;
  /** Settings that every process of this bench has. */
  readonly settings: Readonly<Record<string, string>>;
  /** An application in this process; its worker runs jobs unless HARK_WORKER is 0. */
  open(settings?: Readonly<Record<string, string>>, options?: ApplicationOptions): Application;
  /** A worker in a process of its own, once it takes jobs. */
  startWorker(concurrency?: number, settings?: Readonly<Record<string, string>>): Promise<ChildProcess>;
  /** A recording of its own. */
  writeRecording(name: string, seconds?: number): Promise<string>;
}

/** Everything is closed after the file's tests. */
export async function openJobBench(shared: Readonly<Record<string, string>> = {}): Promise<JobBench> {
  const place = await createTestDatabase();
  const storage = await openStorage(place);
  const home = await mkdtemp(join(tmpdir(), "hark-jobs-"));
  await chmod(home, 0o755);
  const music = join(home, "music");
  await mkdir(music);
  const settings = {
    HARK_LOG_LEVEL: "silent",
    HARK_HOME: home,
    HARK_ROOTS: music,
    DATABASE_URL: place.databaseUrl,
    ...shared,
  };
  const applications: Application[] = [];
  const processes: ChildProcess[] = [];
  afterAll(async () => {
    for (const child of processes) child.kill("SIGKILL");
    await Promise.all(applications.map((application) => application.close()));
    await storage.close();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });
  return {
    home,
    music,
    storage,
    settings,
    open(own = {}, options = {}) {
      const config = readConfig({ HARK_TOOLSETS: "default,processing", ...settings, ...own });
      const operations = { list: OPERATIONS, module: OPERATIONS_MODULE };
      const application = createApplication(config, createLogger("silent"), { operations, ...options });
      applications.push(application);
      return application;
    },
    async startWorker(concurrency = 1, own = {}) {
      const env = serverEnvironment({ ...settings, ...own });
      const args = ["tests/jobs/worker-process.ts", String(concurrency)];
      const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
      processes.push(child);
      const said = createInterface(child.stdout);
      await once(said, "line", { signal: AbortSignal.timeout(START_MS) });
      return child;
    },
    async writeRecording(name, seconds = 1) {
      const path = join(music, name);
      await writeFile(path, sineFile(seconds));
      return path;
    },
  };
}

/** Asks for a job on a recording, as the user of this machine unless it says whose. */
export async function submit(
  { servicesFor, jobs }: Application,
  operation: Operation,
  path: string,
  parameters: Readonly<Record<string, unknown>> = {},
  more: Partial<Pick<JobRequest, "outputDir" | "overwrite" | "priority" | "owner">> = {},
): Promise<{ job: Job; created: boolean }> {
  const { owner = LOCAL_CALLER.owner } = more;
  const { library } = servicesFor({ ...LOCAL_CALLER, owner });
  const track = await library.resolve(path, new AbortController().signal);
  const request = { owner, outputDir: null, overwrite: false, sourceFilename: null, priority: 0, ...more };
  return jobs.submit({ ...request, operation, track, parameters: operation.input.parse(parameters) });
}

/** The job when it is finished. */
export async function finished(jobs: JobService, { id, owner }: Job, limitMs = 25_000): Promise<Job> {
  const options = { limitMs, signal: new AbortController().signal, onProgress: () => {} };
  const [job] = await jobs.follow(owner, [id], options);
  if (job === undefined) throw new Error("there is no such job");
  return job;
}

/** Lines that test operations have written. */
export async function linesOf(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.split("\n").filter((line) => line !== "");
}

/** Whether a process runs; one that has ended and that nobody has asked about yet does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync("/proc/self/stat") || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

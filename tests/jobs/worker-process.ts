/** A worker with the test operations, as `hark worker` is one with the real: runs until it is stopped. Argument: the concurrency. */
import { createApplication } from "../../src/application.ts";
import { readConfig } from "../../src/config.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { OPERATIONS } from "./test-operations.ts";

const config = readConfig(process.env);
const operations = { list: OPERATIONS, module: new URL("./test-operations.ts", import.meta.url).href };
const { jobs, close } = createApplication(config, createLogger(config.logLevel), { operations });
const stopping = new AbortController();
process.once("SIGTERM", () => stopping.abort());
const wanted = { concurrency: Number(process.argv[2] ?? 1), operations: null };
await jobs.work(wanted, stopping.signal, (names) => console.log(`works on ${names.join(", ")}`));
await close();

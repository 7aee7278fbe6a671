#!/usr/bin/env node
/** Starts the command line. */
import { prepareRuntime } from "../runtime.ts";

prepareRuntime();
await import("./run.ts");

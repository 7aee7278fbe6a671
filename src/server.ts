#!/usr/bin/env node
/** Starts the server: MCP over stdio, or HTTP with --http. */
import { prepareRuntime } from "./runtime.ts";

prepareRuntime();
await import("./serve.ts");

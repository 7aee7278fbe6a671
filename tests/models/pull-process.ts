/** Downloads one file in a process of its own: arguments as JSON. */
import { downloadFile } from "../../src/models/model-download.ts";

const file: unknown = JSON.parse(process.argv[2] ?? "null");
await downloadFile(file as Parameters<typeof downloadFile>[0], {
  signal: new AbortController().signal,
  environment: process.env,
});

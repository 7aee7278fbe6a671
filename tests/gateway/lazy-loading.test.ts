import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

/** Prints what is loaded when an application is made and its tools are listed. */
const SCRIPT = `
import { registerHooks } from "node:module";
const loaded = [];
registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
const { createApplication } = await import("./src/application.ts");
const { readConfig } = await import("./src/config.ts");
const { createLogger } = await import("./src/telemetry/log.ts");
const { services } = createApplication(readConfig({ HARK_TOOLSETS: "default,gateway" }), createLogger("silent"));
const before = loaded.length;
await services.gateway();
console.log(JSON.stringify({ before: loaded.slice(0, before), after: loaded.slice(before) }));
`;

test("nothing of the gateway's weight is loaded before it is used", () => {
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", SCRIPT], { encoding: "utf8" });
  const { before, after } = JSON.parse(output);
  const heavy = /node_modules\/(openai|gpt-tokenizer|yaml|@pydantic)\/|gateway\/(gateway|llm-client|model-router)\.ts/;
  expect(before.length).toBeGreaterThan(50);
  expect(before.filter((url: string) => heavy.test(url))).toEqual([]);
  expect(after.some((url: string) => url.includes("gateway/gateway.ts"))).toBe(true);
  expect(after.filter((url: string) => /node_modules\/(openai|gpt-tokenizer)\//.test(url))).toEqual([]);
});

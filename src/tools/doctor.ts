/** Says what works on this machine, what is missing and how to get it. */
import { z } from "zod";
import { defineTool, READ_ONLY } from "./tool.ts";

export const doctor = defineTool({
  name: "doctor",
  title: "Doctor",
  description:
    "Checks Hark itself: database, FFmpeg, folders it may read, settings. Use it when something is unavailable.",
  toolset: "system",
  input: z.strictObject({}),
  output: z.object({
    healthy: z.boolean(),
    checks: z.array(
      z.object({
        name: z.string(),
        status: z.enum(["ok", "limited", "failed"]),
        detail: z.string(),
        remedy: z.string().nullable(),
      }),
    ),
    settings: z.array(z.object({ name: z.string(), value: z.string().nullable(), meaning: z.string() })),
  }),
  annotations: READ_ONLY,

  async run(_input, { services }) {
    const checks = await services.checkHealth();
    const healthy = checks.every((check) => check.status !== "failed");
    const wrong = checks.filter((check) => check.status !== "ok");
    const text =
      wrong.length === 0
        ? "Everything works."
        : wrong
            .map(({ name, detail, remedy }) => [`${name}: ${detail}`, remedy].filter((part) => part !== null).join(" "))
            .join("\n");
    return { value: { healthy, checks, settings: [...services.settings] }, text };
  },
});

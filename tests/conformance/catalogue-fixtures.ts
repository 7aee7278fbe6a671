/** What the conformance suite calls and Hark's own contracts can express: these go the way of every shipped tool and resource. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { AppError } from "../../src/errors.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { defineTool, READ_ONLY, type Tool } from "../../src/tools/tool.ts";

/** Longer than the least time between two progress notifications. */
const BETWEEN_REPORTS_MS = 250;

const nothing = z.strictObject({});
const shared = { toolset: "system", input: nothing, output: nothing, annotations: READ_ONLY } as const;

const simpleText = defineTool({
  ...shared,
  name: "test_simple_text",
  title: "Simple text",
  description: "Answers with one text.",
  run: async () => ({ value: {}, text: "This is a simple text response for testing." }),
});

const errorHandling = defineTool({
  ...shared,
  name: "test_error_handling",
  title: "Error",
  description: "Always fails.",
  async run() {
    throw new AppError("invalid_input", "This tool intentionally returns an error for testing");
  },
});

const toolWithProgress = defineTool({
  ...shared,
  name: "test_tool_with_progress",
  title: "Progress",
  description: "Reports its progress three times.",
  async run(_input, { progress }) {
    for (const share of [0, 0.5, 1]) {
      progress(share, `at ${share * 100} %`);
      await sleep(BETWEEN_REPORTS_MS);
    }
    return { value: {}, text: "Done." };
  },
});

export const FIXTURE_TOOLS: readonly Tool[] = [simpleText, errorHandling, toolWithProgress];

const templateData: Resource = {
  name: "test-template",
  title: "Template",
  description: "Says which id it was read with.",
  uriTemplate: "test://template/{id}/data",
  mimeType: "application/json",
  read: async ({ id }) => ({ id, templateTest: true, data: `Data for ID: ${id}` }),
};

export const FIXTURE_RESOURCES: readonly Resource[] = [templateData];

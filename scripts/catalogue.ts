/**
 * The public contract as one file: every projection of every tool, the endpoints, the resources and the prompts. Committed, so that no
 * surface changes unnoticed; with --check it fails on a difference.
 */
import { AGENTS } from "../src/agents/registry.ts";
import { serverDocument } from "../src/http/openapi.ts";
import { PROMPTS } from "../src/mcp/prompts.ts";
import { RESOURCES } from "../src/resources/registry.ts";
import { mcpTool, openAiFunction } from "../src/tools/projections.ts";
import { createTools } from "../src/tools/registry.ts";
import { writeGenerated } from "./generated-file.ts";

const tools = createTools(AGENTS);
const catalogue = {
  mcp: tools.map(mcpTool),
  openai: tools.map(openAiFunction),
  openapi: serverDocument(tools, "0.0.0"),
  resources: RESOURCES.map(({ name, uriTemplate, title, description }) => ({ name, uriTemplate, title, description })),
  prompts: PROMPTS.map((prompt) => ({
    name: prompt.name,
    title: prompt.title,
    arguments: Object.keys(prompt.arguments.shape),
  })),
};

writeGenerated("tests/golden/catalogue.json", `${JSON.stringify(catalogue, null, 2)}\n`);

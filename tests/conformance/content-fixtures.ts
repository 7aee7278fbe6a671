/** Pictures, sounds, embedded resources and prompts: content that Hark itself never sends, but the conformance suite asks for. */
import { type ContentBlock, completable, fromJsonSchema, type McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { wavFile } from "../fixtures/wav.ts";

/** One red pixel. */
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

const PNG_TYPE = "image/png";

const IMAGE = { type: "image", data: PNG, mimeType: PNG_TYPE } as const;

/** Adds them to a server. */
export function addContentFixtures(server: McpServer): void {
  addTools(server);
  addSchemaTools(server);
  addResources(server);
  addPrompts(server);
}

function addTools(server: McpServer): void {
  const answers = (name: string, ...content: ContentBlock[]) =>
    server.registerTool(name, { description: "Answers with content of a certain type." }, () => ({ content }));
  const audio = wavFile([new Float32Array(8)], 8000).toString("base64");
  const embedded = (uri: string, mimeType: string, text: string): ContentBlock => ({
    type: "resource",
    resource: { uri, mimeType, text },
  });
  answers("test_image_content", IMAGE);
  answers("test_audio_content", { type: "audio", data: audio, mimeType: "audio/wav" });
  answers(
    "test_embedded_resource",
    embedded("test://embedded-resource", "text/plain", "This is an embedded resource content."),
  );
  answers(
    "test_multiple_content_types",
    { type: "text", text: "Multiple content types test:" },
    IMAGE,
    embedded("test://mixed-content-resource", "application/json", JSON.stringify({ test: "data", value: 123 })),
  );
}

/** Tools that are listed for their schemas. */
function addSchemaTools(server: McpServer): void {
  const contact = { contactMethod: { type: "string", enum: ["phone", "email"] } };
  const schemas = {
    json_schema_2020_12_tool: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      $defs: {
        address: {
          $anchor: "addressDef",
          type: "object",
          properties: { street: { type: "string" }, city: { type: "string" } },
        },
      },
      properties: {
        name: { type: "string" },
        address: { $ref: "#/$defs/address" },
        ...contact,
        phone: { type: "string" },
        email: { type: "string" },
      },
      allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
      if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
      // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema.
      then: { required: ["phone"] },
      else: { required: ["email"] },
      additionalProperties: false,
    },
    test_header_parameter: {
      type: "object",
      properties: { region: { type: "string", "x-mcp-header": "Region" } },
      required: ["region"],
    },
  };
  for (const [name, schema] of Object.entries(schemas)) {
    const config = { description: "Has a schema of its own.", inputSchema: fromJsonSchema(schema) };
    server.registerTool(name, config, (input) => ({ content: [{ type: "text", text: JSON.stringify(input) }] }));
  }
}

function addResources(server: McpServer): void {
  const resources = {
    "static-text": { mimeType: "text/plain", text: "This is the content of the static text resource." },
    "static-binary": { mimeType: PNG_TYPE, blob: PNG },
    "watched-resource": { mimeType: "text/plain", text: "Watched resource content" },
  };
  for (const [name, content] of Object.entries(resources)) {
    const config = { description: "Always the same.", mimeType: content.mimeType };
    server.registerResource(name, `test://${name}`, config, (uri) => ({ contents: [{ uri: uri.href, ...content }] }));
  }
}

function addPrompts(server: McpServer): void {
  const user = (...contents: ContentBlock[]) => ({
    messages: contents.map((content) => ({ role: "user" as const, content })),
  });
  const text = (words: string): ContentBlock => ({ type: "text", text: words });
  const description = "A prompt for the conformance suite.";
  server.registerPrompt("test_simple_prompt", { description }, () =>
    user(text("This is a simple prompt for testing.")),
  );
  server.registerPrompt(
    "test_prompt_with_arguments",
    {
      description,
      argsSchema: z.object({
        arg1: completable(z.string(), (value) => ["paris", "park", "party"].filter((word) => word.startsWith(value))),
        arg2: z.string(),
      }),
    },
    ({ arg1, arg2 }) => user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  );
  server.registerPrompt(
    "test_prompt_with_embedded_resource",
    { description, argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) => {
      const resource = { uri: resourceUri, mimeType: "text/plain", text: "Embedded resource content for testing." };
      return user({ type: "resource", resource }, text("Please process the embedded resource above."));
    },
  );
  server.registerPrompt("test_prompt_with_image", { description }, () =>
    user(IMAGE, text("Please analyze the image above.")),
  );
}

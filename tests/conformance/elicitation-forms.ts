/** Tools that show a person a form, with the fields that the conformance suite looks for. */
import { type ElicitInputParams, inputRequired, inputResponse, type McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

type Form = Extract<ElicitInputParams["requestedSchema"], { type: "object" }>;

const USER: Form = {
  type: "object",
  properties: {
    username: { type: "string", description: "User's response" },
    email: { type: "string", description: "User's email address" },
  },
  required: ["username", "email"],
};

/** SEP-1034: a default for every primitive type. */
const DEFAULTS: Form = {
  type: "object",
  properties: {
    name: { type: "string", default: "John Doe" },
    age: { type: "integer", default: 30 },
    score: { type: "number", default: 95.5 },
    status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
    verified: { type: "boolean", default: true },
  },
  required: [],
};

const OPTIONS = ["option1", "option2", "option3"];

const titled = (noun: string) =>
  ["First", "Second", "Third"].map((ordinal, index) => ({ const: `value${index + 1}`, title: `${ordinal} ${noun}` }));

/** SEP-1330: every form of a choice. */
const CHOICES: Form = {
  type: "object",
  properties: {
    untitledSingle: { type: "string", enum: OPTIONS },
    titledSingle: { type: "string", oneOf: titled("Option") },
    legacyEnum: {
      type: "string",
      enum: ["opt1", "opt2", "opt3"],
      enumNames: ["Option One", "Option Two", "Option Three"],
    },
    untitledMulti: { type: "array", items: { type: "string", enum: OPTIONS } },
    titledMulti: { type: "array", items: { anyOf: titled("Choice") } },
  },
  required: [],
};

/** Adds the tools to a server. */
export function addElicitationForms(server: McpServer): void {
  const forms = {
    test_elicitation: USER,
    test_elicitation_sep1034_defaults: DEFAULTS,
    test_elicitation_sep1330_enums: CHOICES,
  };
  for (const [name, requestedSchema] of Object.entries(forms)) {
    const inputSchema = z.object({ message: z.string().default("Please fill in the form") });
    server.registerTool(name, { description: "Shows a form.", inputSchema }, ({ message }, { mcpReq }) => {
      const answer = inputResponse(mcpReq.inputResponses, "form");
      if (answer.kind !== "elicit") {
        return inputRequired({ inputRequests: { form: inputRequired.elicit({ message, requestedSchema }) } });
      }
      const text = `Elicitation completed: action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`;
      return { content: [{ type: "text", text }] };
    });
  }
}

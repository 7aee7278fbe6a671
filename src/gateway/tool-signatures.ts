/**
 * Tools as OpenAI's models read them: the schemas of a request become TypeScript signatures in a namespace. OpenAI documents
 * the form for its open models (OpenAI, "Harmony response format", section on function calling, 2025). That descriptions of
 * nested fields are left out was found by measuring the API (H. Marr, openai-chat-tokens, 2023).
 */
import type { ChatTool } from "./chat.ts";

type Schema = Readonly<Record<string, unknown>>;

/** The text that the tools take in the prompt; the empty text for none. */
export function toolSignatures(tools: readonly ChatTool[]): string {
  if (tools.length === 0) return "";
  const signatures = tools.map(({ name, description, parameters }) => {
    const fields = fieldLines(parameters, "");
    const type =
      fields.length === 0 ? `type ${name} = () => any;` : `type ${name} = (_: {\n${fields.join("\n")}\n}) => any;`;
    return `${description === "" ? "" : `// ${description}\n`}${type}\n`;
  });
  return `namespace functions {\n\n${signatures.join("\n")}\n} // namespace functions`;
}

function fieldLines(schema: Schema, indent: string): string[] {
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(objectOf(schema.properties)).flatMap(([name, value]) => {
    const field = objectOf(value);
    const comment = indent === "" && typeof field.description === "string" ? [`// ${field.description}`] : [];
    return [...comment, `${indent}${name}${required.includes(name) ? "" : "?"}: ${typeText(field, indent)},`];
  });
}

function typeText(schema: Schema, indent: string): string {
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const variants = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(variants)) return variants.map((variant) => typeText(objectOf(variant), indent)).join(" | ");
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeText({ ...schema, type }, indent)).join(" | ");
  if (schema.type === "integer") return "number";
  if (schema.type === "array")
    return `${schema.items === undefined ? "any" : typeText(objectOf(schema.items), indent)}[]`;
  if (schema.type === "object") return `{\n${fieldLines(schema, `${indent}  `).join("\n")}\n${indent}}`;
  return typeof schema.type === "string" ? schema.type : "any";
}

function objectOf(value: unknown): Schema {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

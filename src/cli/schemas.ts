/** `hark schemas`: the catalogue in the form that another system takes. */
import { AppError } from "../errors.ts";
import { mcpTool, openAiFunction } from "../tools/projections.ts";
import { parseArguments } from "./arguments.ts";
import type { Command } from "./command.ts";

export const schemasCommand: Command = {
  name: "schemas",
  usage: "schemas [--format openai|mcp|openapi]",
  summary: "Prints the tools' schemas as JSON; openapi is the HTTP server's whole description",

  async run(args, { tools, version, print }) {
    const { values } = parseArguments(args, { format: { type: "string" } }, this.usage);
    const format = values.format ?? "mcp";
    if (format === "openai") print(JSON.stringify(tools.map(openAiFunction), null, 2));
    else if (format === "mcp") print(JSON.stringify(tools.map(mcpTool), null, 2));
    else if (format === "openapi") {
      // Imported when it is asked for: no other command needs the HTTP surface.
      const { serverDocument } = await import("../http/openapi.ts");
      print(JSON.stringify(serverDocument(tools, version), null, 2));
    } else throw new AppError("invalid_input", `There is no format "${format}". Usage: hark ${this.usage}`);
    return 0;
  },
};

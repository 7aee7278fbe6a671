/** `hark db`: the private database from outside. */
import { AppError } from "../errors.ts";
import { wireName } from "../tools/wire-name.ts";
import { parseArguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import { renderFields } from "./render.ts";

export const databaseCommand: Command = {
  name: "db",
  usage: "db status|stop|path [--json]",
  summary: "Shows, stops or locates the private database",

  async run(args, { database, print }) {
    const { values, positionals } = parseArguments(args, { json: { type: "boolean" } }, this.usage);
    const [action] = positionals;
    if (database.isExternal) {
      throw new AppError(
        "invalid_input",
        "DATABASE_URL is set, so Hark uses that database and has no private one. Unset it to see the private one.",
      );
    }
    if (action === "status" || action === "path") {
      const status = await database.status();
      const shown = action === "path" ? { data_folder: status.dataFolder } : wireNames(status);
      if (values.json === true) print(JSON.stringify(shown, null, 2));
      else if (action === "path") print(String(status.dataFolder));
      else for (const row of renderFields(shown)) print(row);
      return 0;
    }
    if (action !== "stop") throw new AppError("invalid_input", `Usage: hark ${this.usage}`);
    const stopped = await database.stop();
    print(
      values.json === true
        ? JSON.stringify({ stopped })
        : stopped
          ? "Stopped; the next use starts it again."
          : "It was not running.",
    );
    return 0;
  },
};

function wireNames(status: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(status).map(([name, value]) => [wireName(name), value]));
}

/** `hark gc`: makes room. */
import { AppError } from "../errors.ts";
import { wireName } from "../tools/wire-name.ts";
import { parseArguments } from "./arguments.ts";
import type { Command } from "./command.ts";

const NO_LISTING =
  "The object store does not list unfinished uploads: set it to drop them by itself (a lifecycle rule of the bucket).";

export const gcCommand: Command = {
  name: "gc",
  usage: "gc [--dry-run] [--older-than DAYS] [--json]",
  summary: "Removes stored files that no job refers to, and folders that dead workers left; can forget old jobs first",

  async run(args, { jobs: service, print }) {
    const options = {
      "dry-run": { type: "boolean" },
      "older-than": { type: "string" },
      json: { type: "boolean" },
    } as const;
    const { values, positionals } = parseArguments(args, options, this.usage);
    const days = values["older-than"] === undefined ? null : Number(values["older-than"]);
    if (positionals.length > 0 || (days !== null && !(days >= 0))) {
      throw new AppError("invalid_input", `--older-than is a number of days. Usage: hark ${this.usage}`);
    }
    const dryRun = values["dry-run"] === true;
    const garbage = await service.collectGarbage({ dryRun, olderThanDays: days });
    if (values.json === true) {
      const fields = Object.entries({ ...garbage, dryRun }).map(([name, value]) => [wireName(name), value]);
      print(JSON.stringify(Object.fromEntries(fields)));
      return 0;
    }
    const { jobs, files, fileBytes, folders, uploads } = garbage;
    const known = uploads === null ? "" : `, ${uploads} unfinished uploads`;
    const what = `${jobs} jobs, ${files} files (${(fileBytes / 1e6).toFixed(1)} MB), ${folders} folders${known}`;
    print(dryRun ? `Would remove ${what}.` : `Removed ${what}.`);
    if (uploads === null) print(NO_LISTING);
    return 0;
  },
};

/** What `hark` can be asked. */
import { styleText } from "node:util";
import type { Command } from "./command.ts";

/** The usage of commands, in their order. */
export function helpPage(commands: readonly Command[], version: string): string {
  return [
    `Hark ${version} measures audio and says how sure it is.`,
    "",
    ...commands.flatMap(({ usage, summary }) => [`  hark ${usage}`, `      ${styleText("dim", summary)}`]),
    "",
    "Settings are environment variables; hark doctor shows what is in use.",
  ].join("\n");
}

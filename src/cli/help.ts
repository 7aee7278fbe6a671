/** What `hark` can be asked. */
import { styleText } from "node:util";
import type { Command } from "./command.ts";

/** The help page: commands first, then the tools. */
export function helpPage(commands: readonly Command[], tools: readonly Command[], version: string): string {
  return [
    `Hark ${version} measures audio and says how sure it is.`,
    "",
    styleText("bold", "Commands"),
    ...rows(commands),
    "",
    styleText("bold", "Tools"),
    ...rows(tools),
    "",
    "Settings are environment variables; hark doctor shows what is in use.",
  ].join("\n");
}

function rows(commands: readonly Command[]): string[] {
  return commands.flatMap(({ usage, summary }) => [`  hark ${usage}`, `      ${styleText("dim", summary)}`]);
}

/** Text that a model is to read and not to obey. */
import { randomBytes } from "node:crypto";

/** The text between marks that it cannot hold, since they are drawn after it was written. */
export function fenced(what: string, text: string): string {
  const mark = `${what}-${randomBytes(8).toString("hex")}`;
  return `<${mark}>\n${text}\n</${mark}>`;
}

/** Names of outputs, from names that strangers gave. */
import { parse } from "node:path";
import { safeStem } from "../safe-filename.ts";

/** Leaves room for suffix and extension in what a file system takes. */
const MOST_BYTES = 180;

/** `<source's name><suffix>.<extension>`, safe on every file system; "audio" where nothing is left of the name. */
export function outputName(sourceFilename: string, suffix: string, extension: string): string {
  return `${safeStem(parse(sourceFilename).name, MOST_BYTES, "audio")}${suffix}.${extension}`;
}

/** Names of outputs, from names that strangers gave. */
import { parse } from "node:path";

const MOST_BYTES = 180;
/** Names that Windows keeps for devices. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

/**
 * `<source's name><suffix>.<extension>`, safe on every file system: no separators, no control or invisible characters, no leading or
 * trailing dots, at most 180 bytes before the extension; "audio" where nothing is left.
 */
export function outputName(sourceFilename: string, suffix: string, extension: string): string {
  const base = parse(sourceFilename.replaceAll("\\", "/")).name;
  const clean = base
    .normalize("NFC")
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu, "")
    .replaceAll(/[<>:"/\\|?*]/g, "_")
    .replaceAll(/^[\s.]+|[\s.]+$/g, "");
  let cut = clean;
  while (Buffer.byteLength(cut) > MOST_BYTES) cut = Array.from(cut).slice(0, -1).join("");
  const name = cut === "" || RESERVED.test(cut) ? `audio${cut === "" ? "" : `-${cut}`}` : cut;
  return `${name}${suffix}.${extension}`;
}

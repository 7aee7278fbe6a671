/** File names from untrusted text: the one definition of what is safe. */
import { extname } from "node:path";

const LONGEST_BYTES = 200;
/** Anything else behind a dot is part of the name. */
const EXTENSION = /\.[\p{L}\p{N}]{1,19}$/u;
/** Names that Windows keeps for devices, whatever their extension. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** Control and formatting characters (which can turn the reading direction), characters that are none, and what separates paths on some system. */
const REFUSED = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}/\\:*?"<>|]/gu;

/** The name without what a file system, a shell or a reader could trip over; `file` where nothing is left. Keeps the extension. */
export function safeFilename(text: string): string {
  const cleaned = clean(text);
  const [extension] = EXTENSION.exec(cleaned) ?? [""];
  const stem = cleaned.slice(0, cleaned.length - extension.length);
  return safeStem(stem, LONGEST_BYTES - Buffer.byteLength(extension), "file") + extension;
}

/** The same of a name's part before its extension; `fallback` where nothing is left. */
export function safeStem(text: string, mostBytes: number, fallback: string): string {
  const stem = shorten(clean(text), mostBytes);
  if (stem === "") return fallback;
  return RESERVED.test(stem) ? `_${stem}` : stem;
}

/** `name (2).wav` for the second of a name. */
export function numberedFilename(filename: string, number: number): string {
  if (number === 1) return filename;
  const extension = extname(filename);
  return `${filename.slice(0, filename.length - extension.length)} (${number})${extension}`;
}

function clean(text: string): string {
  return text
    .toWellFormed()
    .normalize("NFC")
    .replace(REFUSED, "_")
    .replace(/^[\s.-]+|[\s.]+$/g, "");
}

function shorten(text: string, bytes: number): string {
  const characters = [...text];
  let size = Buffer.byteLength(text);
  while (size > bytes) size -= Buffer.byteLength(characters.pop() ?? "");
  return characters.join("").replace(/[\s.]+$/, "");
}

/** File names from untrusted text. */
import { extname } from "node:path";

const LONGEST_BYTES = 200;
const LONGEST_EXTENSION = 20;
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** Control and formatting characters (which can turn the reading direction), and what separates paths on some system. */
const REFUSED = /[\p{Cc}\p{Cf}/\\:*?"<>|]/gu;

/** The name without what a file system, a shell or a reader could trip over; `file` where nothing is left. Keeps the extension. */
export function safeFilename(text: string): string {
  const cleaned = text
    .toWellFormed()
    .normalize("NFC")
    .replace(REFUSED, "_")
    .replace(/^[\s.-]+|[\s.]+$/g, "");
  const extension = extname(cleaned).length > LONGEST_EXTENSION ? "" : extname(cleaned);
  const stem = shorten(
    cleaned.slice(0, cleaned.length - extension.length),
    LONGEST_BYTES - Buffer.byteLength(extension),
  );
  if (stem === "") return `file${extension}`;
  return RESERVED.test(stem) ? `_${stem}${extension}` : stem + extension;
}

/** `name (2).wav` for the second of a name. */
export function numberedFilename(filename: string, number: number): string {
  if (number === 1) return filename;
  const extension = extname(filename);
  return `${filename.slice(0, filename.length - extension.length)} (${number})${extension}`;
}

function shorten(text: string, bytes: number): string {
  const characters = [...text];
  let size = Buffer.byteLength(text);
  while (size > bytes) size -= Buffer.byteLength(characters.pop() ?? "");
  return characters.join("").trimEnd();
}

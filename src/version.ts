/** Hark's version, from its package. */
import { readFileSync } from "node:fs";

/** The version in package.json, which lies one folder above both src/ and dist/. */
export function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  if (
    typeof manifest === "object" &&
    manifest !== null &&
    "version" in manifest &&
    typeof manifest.version === "string"
  ) {
    return manifest.version;
  }
  throw new Error("package.json holds no version");
}

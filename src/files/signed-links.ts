/** Links to stored files that need no sign-in, hold for a while and cannot be changed. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../errors.ts";
import { isSha256 } from "./file-store.ts";

const KEY_BYTES = 32;
const LIFETIME_SECONDS = 3600;
const KEY_FILE = "signing-key";

export interface SignedLinks {
  /** A path with query: `/v1/files/{sha256}/{name}?expires=…&signature=…`. */
  sign(sha256: string, filename: string): string;
  /** @throws AppError forbidden for a link that is not ours, was changed or has expired. */
  verify(sha256: string, filename: string, expires: string, signature: string): void;
}

/** @param now The clock, milliseconds since 1970. */
export function signedLinks(key: Buffer, now: () => number = Date.now): SignedLinks {
  const signatureOf = (sha256: string, filename: string, expires: number) =>
    createHmac("sha256", key)
      .update(JSON.stringify([sha256, filename, expires]))
      .digest();
  return {
    sign(sha256, filename) {
      const expires = Math.floor(now() / 1000) + LIFETIME_SECONDS;
      const signature = signatureOf(sha256, filename, expires).toString("base64url");
      return `/v1/files/${sha256}/${encodeURIComponent(filename)}?expires=${expires}&signature=${signature}`;
    },
    verify(sha256, filename, expires, signature) {
      const isWellFormed = isSha256(sha256) && /^\d{1,12}$/.test(expires);
      // As text: base64 has several spellings of the same bytes, and a link has one.
      const given = Buffer.from(signature, "utf8");
      const right = Buffer.from(signatureOf(sha256, filename, Number(expires)).toString("base64url"), "utf8");
      if (!isWellFormed || given.length !== right.length || !timingSafeEqual(given, right)) {
        throw new AppError("forbidden", "This link is not one that Hark made. Ask get_job for a new one.");
      }
      if (Number(expires) * 1000 < now()) {
        throw new AppError("forbidden", "This link has expired. Ask get_job for a new one.");
      }
    },
  };
}

/** The key of a data folder, made by the first who asks; `configured` is used as it is. */
export async function signingKey(configured: string | null, home: string): Promise<Buffer> {
  if (configured !== null) return Buffer.from(configured, "utf8");
  const path = join(home, KEY_FILE);
  const known = await readFile(path).catch(() => null);
  if (known?.length === KEY_BYTES) return known;
  await mkdir(home, { recursive: true });
  const draft = `${path}-${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(draft, randomBytes(KEY_BYTES), { mode: 0o600, flag: "wx" });
    // Fails where another process was first, so that all agree.
    await link(draft, path).catch(() => {});
    return await readFile(path);
  } finally {
    await rm(draft, { force: true });
  }
}

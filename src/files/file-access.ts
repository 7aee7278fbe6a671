/** Stored files as the surfaces give them out. */
import type { FileStore } from "./file-store.ts";
import type { SignedLinks } from "./signed-links.ts";

export interface FileAccess {
  readonly store: () => Promise<FileStore>;
  /** Signs and checks download links. */
  readonly links: () => Promise<SignedLinks>;
  /** Where this process serves HTTP, e.g. `http://127.0.0.1:8974`; null where it does not. */
  readonly baseUrl: () => string | null;
}

/** A download link that expires, or null where nothing serves it. */
export async function downloadUrl(
  { links, baseUrl }: FileAccess,
  sha256: string,
  filename: string,
): Promise<string | null> {
  const base = baseUrl();
  return base === null ? null : base + (await links()).sign(sha256, filename);
}

/** The URI under which a stored file is a resource. */
export function fileUri(sha256: string, filename: string): string {
  return `hark://files/${sha256}/${encodeURIComponent(filename)}`;
}

/** The file store that the settings ask for. */
import { join } from "node:path";
import { AppError } from "../errors.ts";
import type { FileStore } from "./file-store.ts";
import { localFileStore } from "./local-file-store.ts";

const DEFAULT_REGION = "us-east-1";

/**
 * @param address `s3://bucket/prefix?endpoint=https://host&region=name`; null for a folder below `home`.
 * @throws AppError invalid_input for an address that is none of these.
 */
export async function openFileStore(address: string | null, home: string): Promise<FileStore> {
  if (address === null) return localFileStore(join(home, "store"));
  const url = URL.parse(address);
  const endpoint = url?.searchParams.get("endpoint") ?? null;
  if (url?.protocol !== "s3:" || url.hostname === "" || (endpoint !== null && !URL.canParse(endpoint))) {
    const message =
      "HARK_STORE is not the address of a store. It should look like s3://bucket/folder?region=eu-central-1, with " +
      "&endpoint=https://host for a store that is not Amazon's; without it files are kept in the data folder.";
    throw new AppError("invalid_input", message);
  }
  const path = url.pathname.replace(/^\/+|\/+$/g, "");
  // Imported when it is needed: the SDK is large.
  const { s3FileStore } = await import("./s3-file-store.ts");
  return s3FileStore({
    bucket: url.hostname,
    prefix: path === "" ? "" : `${path}/`,
    endpoint,
    region: url.searchParams.get("region") ?? DEFAULT_REGION,
    folder: join(home, "incoming"),
  });
}

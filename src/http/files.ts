/** `GET /v1/files/{sha256}/{name}`: downloads of stored files by signed links, whole or in part. */
import { Readable } from "node:stream";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { AppError } from "../errors.ts";
import type { FileAccess } from "../files/file-access.ts";
import type { ByteRange } from "../files/file-store.ts";
import type { JsonSchema } from "../tools/json-schema.ts";
import { describeEndpoint } from "./endpoint-description.ts";
import type { HttpEnv } from "./http-env.ts";
import { evaluateConditions, rangeHolds } from "./preconditions.ts";
import { allowOnly, HttpError } from "./problem.ts";

const RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/i;

const PATH = "/v1/files/:sha256/:name";

/** Downloads; the signature is the permission, so that nobody needs to sign in. */
export function fileRoutes(files: FileAccess): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.get(PATH, (context) => fileResponse(context, files));
  allowOnly(app, PATH, "GET");
  return app;
}

/** The file as an attachment: never shown by a browser as a page of this server. @throws AppError forbidden, not_found. */
async function fileResponse(context: Context, files: FileAccess): Promise<Response> {
  const { sha256 = "", name = "" } = context.req.param();
  const { expires = "", signature = "" } = context.req.query();
  (await files.links()).verify(sha256, name, expires, signature);
  const store = await files.store();
  const sizeBytes = await store.size(sha256);
  if (sizeBytes === null) throw new AppError("not_found", "This file has been removed. Run its job again.");
  // The hash names the bytes, so that the tag is strong, and the same for whoever makes the same file.
  const etag = `"${sha256}"`;
  const headers = {
    "accept-ranges": "bytes",
    "cache-control": "private, no-store",
    "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
    "content-type": "application/octet-stream",
    etag,
    "x-content-type-options": "nosniff",
  };
  const conditions = {
    ifMatch: context.req.header("if-match"),
    ifNoneMatch: context.req.header("if-none-match"),
    ifRange: context.req.header("if-range"),
  };
  const fate = evaluateConditions(conditions, etag);
  if (fate === "failed")
    throw new HttpError(412, "invalid_input", "The file is another than If-Match names. Leave the header out.");
  if (fate === "unchanged") {
    return new Response(null, { status: 304, headers: { "cache-control": headers["cache-control"], etag } });
  }
  const isHead = context.req.method === "HEAD";
  // Ranges are defined for GET alone (RFC 9110, 14.2).
  const asked = isHead || !rangeHolds(conditions, etag) ? undefined : context.req.header("range");
  const range = parseRange(asked, sizeBytes);
  if (range === "unsatisfiable") {
    return new Response(null, { status: 416, headers: { ...headers, "content-range": `bytes */${sizeBytes}` } });
  }
  const length = range === null ? sizeBytes : range.last - range.first + 1;
  const all = {
    ...headers,
    "content-length": String(length),
    ...(range === null ? {} : { "content-range": `bytes ${range.first}-${range.last}/${sizeBytes}` }),
  };
  const body = isHead || length === 0 ? null : Readable.toWeb(await store.openRead(sha256, range ?? undefined));
  // Node's type of web streams is not that of the library of DOM types, though it is the same thing.
  return new Response(body as ReadableStream | null, { status: range === null ? 200 : 206, headers: all });
}

/** One range (RFC 9110, 14.2); null for none, and for what is not understood, which counts as none. */
function parseRange(header: string | undefined, sizeBytes: number): ByteRange | "unsatisfiable" | null {
  const [, from = "", to = ""] = RANGE.exec(header ?? "") ?? [];
  if (from === "" && to === "") return null;
  const first = from === "" ? Math.max(0, sizeBytes - Number(to)) : Number(from);
  const last = from === "" || to === "" ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1);
  if (from !== "" && to !== "" && Number(to) < first) return null;
  return first >= sizeBytes || last < first ? "unsatisfiable" : { first, last };
}

const DOWNLOAD = describeEndpoint({
  operationId: "download_file",
  summary: "Download a file of a job",
  description:
    "By its download_url, which holds for an hour and needs no credential; whole, or in part by a Range header.",
  tag: "jobs",
  path: ["sha256", "name"],
  query: z.object({ expires: z.string(), signature: z.string() }),
  answers: {
    "200": "The file",
    "206": "The range",
    "304": "If-None-Match names it",

    "416": "The file ends before the range",
  },
  mediaType: "application/octet-stream",
});

export const FILE_PATHS: JsonSchema = { "/v1/files/{sha256}/{name}": { get: { ...DOWNLOAD, security: [{}] } } };

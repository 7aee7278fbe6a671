/** The contract of a resource: something to read under a `hark://` URI. It knows nothing of MCP. */
import type { CallContext } from "../tools/tool.ts";

export interface ResourceListing {
  readonly uri: string;
  readonly name: string;
  readonly title: string;
}

/** Bytes, where JSON will not do. */
export class BinaryContent {
  readonly mimeType: string;
  readonly bytes: Buffer;

  constructor(mimeType: string, bytes: Buffer) {
    this.mimeType = mimeType;
    this.bytes = bytes;
  }
}

export interface Resource {
  /** kebab-case, unique. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** RFC 6570: `{name}` in the path, `{?a,b}` for an optional query. No expression: a single resource. */
  readonly uriTemplate: string;
  readonly mimeType: "application/json" | "application/octet-stream";
  /** The content for the template's variables; it is sent as JSON, unless it is a `BinaryContent`. @throws AppError not_found, invalid_input. */
  read(variables: Readonly<Record<string, string>>, context: CallContext): Promise<unknown>;
  /** What there is to read, for clients that list; only for templates. */
  list?(context: CallContext): Promise<readonly ResourceListing[]>;
  /** Values of a variable that begin with a prefix. */
  complete?(variable: string, prefix: string, context: CallContext): Promise<readonly string[]>;
}

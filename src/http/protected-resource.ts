/** OAuth 2.0 Protected Resource Metadata (RFC 9728): tells MCP clients which authorisation servers give tokens for Hark. */
import type { Context } from "hono";
import { SCOPES } from "../caller.ts";
import type { HttpSecurity } from "./security.ts";

const WELL_KNOWN = "/.well-known/oauth-protected-resource";
const MCP = "/mcp";

/** The two paths of it: of the whole server, and of its MCP endpoint, whose own path comes behind. */
export const METADATA_PATHS = [WELL_KNOWN, `${WELL_KNOWN}${MCP}`] as const;

type Settings = Pick<HttpSecurity, "publicUrl" | "oauthIssuers">;

export function protectedResource(context: Context, settings: Settings): Response {
  const path = context.req.path.slice(WELL_KNOWN.length);
  return context.json({
    resource: `${baseUrl(context, settings)}${path}`,
    resource_name: "Hark",
    authorization_servers: settings.oauthIssuers,
    scopes_supported: SCOPES,
    bearer_methods_supported: ["header"],
  });
}

/** Where the metadata of what a request asked for is. */
export function metadataUrl(context: Context, settings: Settings): string {
  const path = context.req.path === MCP ? MCP : "";
  return `${baseUrl(context, settings)}${WELL_KNOWN}${path}`;
}

function baseUrl(context: Context, { publicUrl }: Settings): string {
  return publicUrl ?? new URL(context.req.url).origin;
}

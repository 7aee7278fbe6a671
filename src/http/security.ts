/** What the HTTP surface checks of every request, and of whom: from the settings and the room of authentication. */
import type { Authenticate } from "../auth/authenticator.ts";
import type { RateLimits } from "../auth/rate-limits.ts";
import type { TakeToken } from "../auth/token-buckets.ts";

export interface HttpSecurity {
  readonly authenticate: Authenticate;
  /** Whether requests without a credential are refused. */
  readonly isRequired: boolean;
  readonly takeToken: TakeToken;
  readonly rateLimits: RateLimits;
  /** Host names beside localhost that requests may name. */
  readonly allowedHosts: readonly string[];
  /** Web pages that may ask, by origin. */
  readonly corsOrigins: readonly string[];
  /** Where clients reach the server, without a slash at its end; undefined for where the request went. */
  readonly publicUrl: string | undefined;
  /** Authorisation servers that MCP clients are sent to. */
  readonly oauthIssuers: readonly string[];
}

/** From a request to its caller, whichever credential it brings and over whichever protocol. */
import { type Caller, LOCAL_CALLER } from "../caller.ts";
import { AppError } from "../errors.ts";
import { type ApiKeys, isApiKey } from "./api-keys.ts";
import type { VerifyJwt } from "./jwt-verifier.ts";

/** What is read of a request. */
export type CredentialRequest = Pick<Request, "headers" | "url">;

/**
 * The caller of a request. Without a credential that is the user of this machine, where that is allowed; a wrong credential is never
 * passed over.
 * @throws AppError unauthorised, forbidden for a key whose requests are used up, unavailable when the credential cannot be checked.
 */
export type Authenticate = (request: CredentialRequest) => Promise<Caller>;

interface AuthenticatorOptions {
  /** Whether a request without a credential is refused. */
  readonly isRequired: boolean;
  readonly keys: Pick<ApiKeys, "authenticate">;
  /** Null where no tokens are taken. */
  readonly verifyJwt: VerifyJwt | null;
}

const BEARER = /^bearer +(\S+) *$/i;

export function authenticator({ isRequired, keys, verifyJwt }: AuthenticatorOptions): Authenticate {
  return async (request) => {
    const credential = credentialOf(request);
    if (credential === null) {
      if (isRequired) throw missing();
      return LOCAL_CALLER;
    }
    if (isApiKey(credential)) return keys.authenticate(credential);
    if (verifyJwt === null) throw noTokens();
    return verifyJwt(credential);
  };
}

/**
 * The credential of a request: `Authorization: Bearer`, `X-API-Key`, or for WebSockets, whose headers browsers cannot set, the query
 * `access_token`. Null for none.
 * @throws AppError unauthorised for two, and for another scheme than Bearer.
 */
export function credentialOf({ headers, url }: CredentialRequest): string | null {
  const authorization = headers.get("authorization");
  const bearer = authorization === null ? null : (BEARER.exec(authorization)?.[1] ?? null);
  if (authorization !== null && bearer === null) throw notBearer();
  const isSocket = headers.get("upgrade")?.toLowerCase() === "websocket";
  const inQuery = isSocket ? new URL(url).searchParams.get("access_token") : null;
  const given = [bearer, headers.get("x-api-key"), inQuery].filter((credential) => credential !== null);
  if (given.length > 1) throw twoCredentials();
  return given[0] ?? null;
}

function missing(): AppError {
  const message =
    "This server needs a credential. Send an API key (`hark keys create` on the server makes one) or a token as Authorization: Bearer.";
  return new AppError("unauthorised", message);
}

function notBearer(): AppError {
  return new AppError("unauthorised", "Authorization must be Bearer and one API key or token.");
}

function twoCredentials(): AppError {
  return new AppError(
    "unauthorised",
    "The request brings more than one credential. Send one: Authorization or X-API-Key.",
  );
}

function noTokens(): AppError {
  const message =
    "This credential is not an API key (hk_…), and this server takes no tokens. Use an API key, or set HARK_JWT_SECRET or HARK_JWT_JWKS_URL.";
  return new AppError("unauthorised", message);
}

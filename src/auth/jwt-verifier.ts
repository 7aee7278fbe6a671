/** JSON Web Tokens (RFC 7519): signed with a shared secret, or by an authorisation server whose keys are read from its JWKS. */
import type { decodeProtectedHeader, JWTPayload, JWTVerifyGetKey } from "jose";
import { type Caller, SCOPES } from "../caller.ts";
import { AppError } from "../errors.ts";

export interface JwtSettings {
  /** For HS256; at least 32 bytes. */
  readonly secret: string | undefined;
  /** Where the keys for EdDSA and RS256 are. */
  readonly jwksUrl: string | undefined;
  /** What `iss` and `aud` must be; not looked at where undefined. */
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  /** For how long after reading the keys an unknown one does not make them be read again; 30 s where undefined. */
  readonly jwksCooldownMs?: number;
}

/** @throws AppError unauthorised for a token that is wrong, unavailable when the keys cannot be read. */
export type VerifyJwt = (token: string) => Promise<Caller>;

const CLOCK_TOLERANCE_SECONDS = 30;
const JWKS_TIMEOUT_MS = 5_000;
const JWKS_COOLDOWN_MS = 30_000;
const MOST_OWNER_CHARACTERS = 500;

/** Each source takes its own algorithms only: a public key must never be taken for a shared secret. */
const SECRET_ALGORITHMS = ["HS256"];
const JWKS_ALGORITHMS = ["EdDSA", "Ed25519", "RS256"];

/** The token is to blame. Whatever else goes wrong, the keys could not be read. */
const TOKEN_FAULTS: ReadonlySet<string> = new Set([
  "ERR_JWT_EXPIRED",
  "ERR_JWT_CLAIM_VALIDATION_FAILED",
  "ERR_JWT_INVALID",
  "ERR_JWS_INVALID",
  "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
  "ERR_JOSE_ALG_NOT_ALLOWED",
  "ERR_JOSE_NOT_SUPPORTED",
  "ERR_JWKS_NO_MATCHING_KEY",
  "ERR_JWKS_MULTIPLE_MATCHING_KEYS",
]);

interface Source {
  readonly algorithms: string[];
  readonly getKey: JWTVerifyGetKey;
}

export function jwtVerifier(settings: JwtSettings): VerifyJwt {
  let opened: Promise<readonly Source[]> | undefined;
  return async (token) => {
    const jose = await import("jose");
    opened ??= openSources(settings);
    const algorithm = algorithmOf(jose.decodeProtectedHeader, token);
    const source = (await opened).find(({ algorithms }) => algorithms.includes(algorithm));
    if (source === undefined) throw wrongToken();
    try {
      const { payload } = await jose.jwtVerify(token, source.getKey, {
        algorithms: source.algorithms,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ["exp", "sub"],
        ...(settings.issuer === undefined ? {} : { issuer: settings.issuer }),
        ...(settings.audience === undefined ? {} : { audience: settings.audience }),
      });
      return callerOf(payload);
    } catch (error) {
      throw tokenError(error);
    }
  };
}

/** What the token says that it is signed with: it decides which keys are tried, and the verification then holds it to that. */
function algorithmOf(decode: typeof decodeProtectedHeader, token: string): string {
  try {
    return decode(token).alg ?? "";
  } catch (error) {
    throw wrongToken(error);
  }
}

async function openSources({ secret, jwksUrl, jwksCooldownMs }: JwtSettings): Promise<readonly Source[]> {
  const { createRemoteJWKSet } = await import("jose");
  const sources: Source[] = [];
  if (secret !== undefined) {
    const key = new TextEncoder().encode(secret);
    sources.push({ algorithms: SECRET_ALGORITHMS, getKey: async () => key });
  }
  if (jwksUrl !== undefined) {
    const options = { cooldownDuration: jwksCooldownMs ?? JWKS_COOLDOWN_MS, timeoutDuration: JWKS_TIMEOUT_MS };
    sources.push({ algorithms: JWKS_ALGORITHMS, getKey: createRemoteJWKSet(new URL(jwksUrl), options) });
  }
  return sources;
}

/** The issuer is part of the owner's name, and both are escaped: no token's owner is another's, or that of a key. */
function callerOf({ iss = "", sub = "", scope }: JWTPayload): Caller {
  const owner = `jwt:${encodeURIComponent(iss)}:${encodeURIComponent(sub)}`;
  if (sub === "" || owner.length > MOST_OWNER_CHARACTERS) throw wrongToken();
  const granted = typeof scope === "string" ? scope.split(" ") : [];
  return { owner, keyId: owner, scopes: new Set(SCOPES.filter((known) => granted.includes(known))) };
}

function tokenError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (TOKEN_FAULTS.has(code)) return wrongToken(error);
  const message = "The keys that tokens are checked with cannot be read at the moment. Try again in a minute.";
  return new AppError("unavailable", message, { cause: error });
}

/** The same whatever is wrong; the log holds the reason. */
function wrongToken(cause?: unknown): AppError {
  const message =
    "This token is not valid here: its form, signature, issuer, audience or time. Get a new one from the authorisation server.";
  return new AppError("unauthorised", message, { cause });
}

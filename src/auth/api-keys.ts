/** API keys: `hk_<id>_<secret>`. Whoever holds one is its caller. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { type Caller, LOCAL_CALLER, SCOPES, type Scope } from "../caller.ts";
import { AppError } from "../errors.ts";
import type { ApiKeyRepository, StoredApiKey } from "../storage/api-key-repository.ts";

const ID_BYTES = 8;
const SECRET_BYTES = 32;
const KEY = /^(hk_[0-9a-f]{16})_([\w-]{43})$/;

/** Of `last used`: a write for every request would cost more than it tells. */
const LAST_USE_PRECISION_MS = 60_000;

/** No `:`, which is in the owner of every token. */
const OWNER = /^[\w.@-]{1,100}$/;

/** Neither the server's files nor its money, unless they are asked for. */
export const DEFAULT_SCOPES: readonly Scope[] = ["read", "write"];

export interface NewKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Null for an owner of its own. */
  readonly owner: string | null;
  readonly expiresAt: Date | null;
  /** How many requests it is good for; null for any number. */
  readonly maxRequests: number | null;
}

export interface ApiKeys {
  /** A new key. The secret is in `key` and nowhere else: it cannot be shown again. @throws AppError invalid_input for an owner that cannot be one. */
  create(wanted: NewKey): Promise<{ readonly key: string; readonly stored: StoredApiKey }>;
  /** Newest first. */
  list(): Promise<StoredApiKey[]>;
  /** @throws AppError not_found. */
  revoke(id: string): Promise<StoredApiKey>;
  /**
   * The caller that a key stands for; counts a request.
   * @throws AppError unauthorised for a key that is wrong, revoked or expired, forbidden for one whose requests are used up.
   */
  authenticate(key: string): Promise<Caller>;
}

/** Whether a credential has the form of an API key. */
export function isApiKey(credential: string): boolean {
  return credential.startsWith("hk_");
}

export function apiKeys(repository: () => Promise<ApiKeyRepository>): ApiKeys {
  return {
    async create({ name, scopes, owner, expiresAt, maxRequests }) {
      if (owner !== null && !OWNER.test(owner)) throw wrongOwner();
      const id = `hk_${randomBytes(ID_BYTES).toString("hex")}`;
      const secret = randomBytes(SECRET_BYTES).toString("base64url");
      const stored = await (await repository()).insert({
        id,
        name,
        owner: owner ?? id,
        scopes: [...scopes],
        secretSha256: sha256(secret).toString("hex"),
        requestsLeft: maxRequests,
        expiresAt,
      });
      return { key: `${id}_${secret}`, stored };
    },

    list: async () => (await repository()).list(),

    async revoke(id) {
      const revoked = await (await repository()).revoke(id);
      if (revoked !== null) return revoked;
      throw new AppError("not_found", `There is no key "${id.slice(0, 40)}". hark keys list shows them.`);
    },

    async authenticate(key) {
      const [, id = "", secret = ""] = KEY.exec(key) ?? [];
      const keys = await repository();
      const stored = id === "" ? null : await keys.find(id);
      if (stored === null || !isSecretOf(stored, secret)) throw wrongKey();
      if (isAlive(stored) && isFreshlyUsed(stored)) return callerOf(stored);
      if (await keys.use(stored.id)) return callerOf(stored);
      const left = (await keys.find(stored.id)) ?? stored;
      throw left.requestsLeft === 0 && isAlive(left) ? usedUp() : wrongKey();
    },
  };
}

/**
 * A fast hash is enough: what makes slow ones necessary is that people choose passwords that can be guessed, and nobody guesses 256
 * random bits.
 */
function sha256(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

function isSecretOf(stored: StoredApiKey, secret: string): boolean {
  return timingSafeEqual(sha256(secret), Buffer.from(stored.secretSha256, "hex"));
}

function isAlive({ revokedAt, expiresAt }: StoredApiKey): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > new Date());
}

/** Whether nothing has to be written down: not a count, and the last use only to the minute. */
function isFreshlyUsed({ requestsLeft, lastUsedAt }: StoredApiKey): boolean {
  return requestsLeft === null && lastUsedAt !== null && Date.now() - lastUsedAt.getTime() < LAST_USE_PRECISION_MS;
}

function callerOf({ id, owner, scopes }: StoredApiKey): Caller {
  return { owner, keyId: id, scopes: new Set(SCOPES.filter((scope) => scopes.includes(scope))) };
}

/** The same whatever is wrong: a guess learns nothing. */
function wrongKey(): AppError {
  return new AppError(
    "unauthorised",
    "This API key is not valid: unknown, revoked or expired. Use another; `hark keys create` on the server makes one.",
  );
}

function usedUp(): AppError {
  return new AppError(
    "forbidden",
    "The requests of this API key are used up. Use another; `hark keys create` on the server makes one.",
  );
}

function wrongOwner(): AppError {
  return new AppError(
    "invalid_input",
    `An owner has 1 to 100 letters, digits and . _ @ -. "${LOCAL_CALLER.owner}" is the user of this machine; without an owner the key gets one of its own.`,
  );
}

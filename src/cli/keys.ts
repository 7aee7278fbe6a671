/** `hark keys`: makes, shows and revokes the API keys of the HTTP server. */
import { DEFAULT_SCOPES, type NewKey } from "../auth/api-keys.ts";
import { SCOPES, type Scope } from "../caller.ts";
import { AppError } from "../errors.ts";
import { parseArguments } from "./arguments.ts";
import type { Command, CommandContext } from "./command.ts";
import { printable, renderFields } from "./render.ts";

const MOST_NAME_CHARACTERS = 100;
const MOST_REQUESTS = 1_000_000_000;
const MOST_DAYS = 3650;
const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

type Values = ReturnType<typeof parseArguments>["values"];
type StoredKey = Awaited<ReturnType<CommandContext["apiKeys"]["list"]>>[number];

export const keysCommand: Command = {
  name: "keys",
  usage:
    "keys create --name TEXT [--scopes read,write,files,ask] [--owner TEXT] [--expires 30d] [--max-requests NUMBER] | list | revoke ID [--json]",
  summary: "Makes, lists and revokes API keys of the HTTP server",

  async run(args, context) {
    const { values, positionals } = parseArguments(args, OPTIONS, this.usage);
    const [action, id, ...more] = positionals;
    const wanted = action === "revoke" ? 1 : 0;
    const usageError = new AppError("invalid_input", `Usage: hark ${this.usage}`);
    if (more.length > 0 || (id === undefined ? 0 : 1) !== wanted) throw usageError;
    if (action === "create") await create(values, context);
    else if (action === "list") await list(values, context);
    else if (action === "revoke") await revoke(id ?? "", values, context);
    else throw usageError;
    return 0;
  },
};

const OPTIONS = {
  name: { type: "string" },
  scopes: { type: "string" },
  owner: { type: "string" },
  expires: { type: "string" },
  "max-requests": { type: "string" },
  json: { type: "boolean" },
} as const;

async function create(values: Values, { apiKeys, print, note }: CommandContext): Promise<void> {
  const { key, stored } = await apiKeys.create(newKey(values, new Date()));
  if (values.json === true) {
    print(JSON.stringify({ key, ...keyView(stored) }, null, 2));
    return;
  }
  // Alone on standard output, so that it can be caught in a variable.
  print(key);
  for (const row of renderFields(keyView(stored))) note(row);
  note("This is the only time that the key is shown: Hark keeps no more than a hash of it.");
}

async function list(values: Values, { apiKeys, print }: CommandContext): Promise<void> {
  const keys = (await apiKeys.list()).map(keyView);
  if (values.json === true) print(JSON.stringify(keys, null, 2));
  else if (keys.length === 0) print("There are no keys. hark keys create --name NAME makes one.");
  else for (const row of keys.flatMap((key) => [...renderFields(key), ""])) print(row);
}

async function revoke(id: string, values: Values, { apiKeys, print }: CommandContext): Promise<void> {
  const revoked = keyView(await apiKeys.revoke(id));
  print(values.json === true ? JSON.stringify(revoked, null, 2) : `Revoked ${revoked.key_id} (${revoked.name}).`);
}

/** @throws AppError invalid_input that says what an option takes. */
function newKey({ name, scopes, owner, expires, "max-requests": requests }: Values, now: Date): NewKey {
  if (typeof name !== "string" || name.trim() === "" || name.length > MOST_NAME_CHARACTERS) {
    throw new AppError("invalid_input", `--name says what the key is for, in 1 to ${MOST_NAME_CHARACTERS} characters.`);
  }
  return {
    name: name.trim(),
    scopes: typeof scopes === "string" ? parseScopes(scopes) : DEFAULT_SCOPES,
    owner: typeof owner === "string" ? owner : null,
    expiresAt: typeof expires === "string" ? parseExpiry(expires, now) : null,
    maxRequests: typeof requests === "string" ? parseRequests(requests) : null,
  };
}

function parseScopes(text: string): Scope[] {
  const names = text.split(",").map((name) => name.trim());
  const scopes = SCOPES.filter((scope) => names.includes(scope));
  if (scopes.length === new Set(names).size) return scopes;
  throw new AppError("invalid_input", `--scopes takes ${SCOPES.join(", ")}, separated by commas.`);
}

function parseExpiry(text: string, now: Date): Date {
  const [, count, unit = ""] = /^(\d{1,9})([mhd])$/.exec(text) ?? [];
  const milliseconds = Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  if (milliseconds > 0 && milliseconds <= MOST_DAYS * 86_400_000) return new Date(now.getTime() + milliseconds);
  throw new AppError("invalid_input", `--expires takes minutes, hours or days, at most ${MOST_DAYS}d: 90m, 12h, 30d.`);
}

function parseRequests(text: string): number {
  const requests = /^\d+$/.test(text) ? Number(text) : 0;
  if (requests > 0 && requests <= MOST_REQUESTS) return requests;
  throw new AppError("invalid_input", "--max-requests is a whole number from 1 up to a thousand million.");
}

function keyView({ id, name, owner, scopes, requestsLeft, ...times }: StoredKey) {
  const expired = times.expiresAt !== null && times.expiresAt <= new Date();
  const dead = requestsLeft === 0 ? "used up" : expired ? "expired" : null;
  return {
    key_id: id,
    name: printable(name),
    owner,
    scopes,
    state: times.revokedAt === null ? (dead ?? "active") : "revoked",
    requests_left: requestsLeft,
    expires_at: times.expiresAt?.toISOString() ?? null,
    last_used_at: times.lastUsedAt?.toISOString() ?? null,
    created_at: times.createdAt.toISOString(),
  };
}

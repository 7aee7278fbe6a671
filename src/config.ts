/** Hark's settings: the environment, read and checked once. Only the composition roots read it. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, parse, resolve } from "node:path";
import { z } from "zod";
import { DEFAULT_RATE_LIMITS, parseRateLimits, type RateLimits } from "./auth/rate-limits.ts";
import { AppError } from "./errors.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const MEGABYTE = 1_000_000;
const DAY_MS = 86_400_000;

const flag = z.enum(["1", "0", "true", "false"]).transform((text) => text === "1" || text === "true");
const names = z.string().transform((text) => splitList(text, ","));
const positive = z.coerce.number().positive();
const budget = z.coerce.number().nonnegative().optional();
const url = z.string().refine(isSafeUrl, "must be a URL of https, or of http on this machine").optional();
const secret = z.string().optional().describe("A key for language models; ~/.config/hark/.env may hold it instead");

const LICENCE_SCOPES = ["permissive", "research"] as const;
type LicenceScope = (typeof LICENCE_SCOPES)[number];

/** Every setting: its schema, with what it means. */
const SETTINGS = {
  HARK_HOME: z.string().optional().describe("Data folder (database, uploads, files read from standard input)"),
  HARK_ROOTS: z.string().optional().describe("Folders that audio may be read from, separated like PATH"),
  DATABASE_URL: z.string().optional().describe("A Postgres to use in place of the private one"),
  FFMPEG_PATH: z.string().optional().describe("The FFmpeg to use"),
  HARK_PROVIDER: z.enum(["cache-first", "cached", "live"]).default("cache-first").describe("Where analyses come from"),
  HARK_TOOLSETS: names
    .optional()
    .describe(
      "Tool sets to show, separated by commas: default (analysis, library, system), gateway, question, processing",
    ),
  HARK_TOOLS: names.optional().describe("Tools to show, separated by commas"),
  HARK_READ_ONLY: flag.default(false).describe("Show only tools that change nothing: 1 or 0"),
  HARK_WORKER: flag.default(true).describe("Whether a server runs jobs itself: 1 or 0"),
  HARK_JOBS: positive.int().max(64).default(1).describe("Jobs that one worker runs at a time"),
  HARK_STORE: z
    .string()
    .optional()
    .describe("Object store for the files of jobs, s3://bucket/folder?endpoint=…&region=…; default: the data folder"),
  HARK_SIGNING_KEY: z
    .string()
    .min(32)
    .optional()
    .describe("Signs download links, the same on all servers; default: a key in the data folder"),
  HARK_MODELS_DIR: z.string().optional().describe("Folder of audio models, pulled or placed by hand"),
  HARK_MODEL_LICENCES: names
    .default(["permissive"])
    .refine((scopes) => scopes.every(isLicenceScope), "takes permissive and research, separated by commas")
    .describe("Licences of audio models that may be used: permissive, research (which some weights are limited to)"),
  HARK_LLM_MODELS: z
    .string()
    .optional()
    .describe("Your own file of language models, in place of ~/.config/hark/models.yaml"),
  HARK_BUDGET_DAY_USD: budget.describe("Most that language models may cost in a day (UTC), US dollars"),
  HARK_BUDGET_SESSION_USD: budget.describe("Most that they may cost in a session, US dollars"),
  HARK_BUDGET_KEY_USD: budget.describe("Most that they may cost under one key, US dollars"),
  OPENAI_API_KEY: secret,
  ANTHROPIC_API_KEY: secret,
  GEMINI_API_KEY: secret,
  OPENROUTER_API_KEY: secret,
  HARK_SESSION_TTL_DAYS: positive
    .max(36_500)
    .default(30)
    .describe("Days after which a conversation that was not continued is forgotten"),
  HARK_STT_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("A server that transcribes speech as OpenAI does, up to and with /v1; speech is sent there"),
  HARK_STT_MODEL: z.string().default("whisper-1").describe("The model that it uses"),
  HARK_STT_API_KEY: z.string().optional().describe("Its key"),
  HARK_LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
    .default("warn")
    .describe("What is logged to standard error"),
  HARK_HOST: z
    .string()
    .default("127.0.0.1")
    .describe("Address of the HTTP server; others than loopback need HARK_AUTH=required"),
  HARK_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(8974)
    .describe("Port of the HTTP server; 0 picks a free one"),
  HARK_AUTH: z
    .enum(["required", "optional"])
    .default("optional")
    .describe(
      "Whether HTTP requests without a credential are refused (required) or are this machine's user (optional)",
    ),
  HARK_ALLOWED_HOSTS: names
    .optional()
    .describe("Host names beside localhost that requests may name, separated by commas"),
  HARK_PUBLIC_URL: url.describe("Where clients reach the HTTP server, if not at HARK_HOST: https://hark.example"),
  HARK_CORS_ORIGINS: names
    .optional()
    .refine((origins) => origins?.every(isOrigin) ?? true, "must be exact origins, such as https://app.example")
    .describe("Web pages that may ask, as origins separated by commas"),
  HARK_RATE_LIMIT: z
    .string()
    .default(DEFAULT_RATE_LIMITS)
    .refine((text) => parseRateLimits(text) !== undefined, `must be off, or like ${DEFAULT_RATE_LIMITS}`)
    .describe("How often each key may ask, by kind of request; off for no limit"),
  HARK_JWT_SECRET: z
    .string()
    .refine((text) => Buffer.byteLength(text) >= 32, "must have at least 32 bytes")
    .optional()
    .describe("Secret of tokens signed with HS256, at least 32 bytes"),
  HARK_JWT_JWKS_URL: url.describe("Where the keys of tokens signed with EdDSA or RS256 are"),
  HARK_JWT_ISSUER: z.string().optional().describe("Issuer that tokens must have"),
  HARK_JWT_AUDIENCE: z.string().optional().describe("Audience that tokens must have"),
  HARK_OAUTH_ISSUER: names
    .optional()
    .describe("Authorisation servers that MCP clients are sent to, separated by commas"),
  HARK_MAX_FILE_MB: positive.default(4000).describe("Largest file, MB"),
  HARK_MAX_DURATION_SECONDS: positive.default(6 * 3600).describe("Longest recording, seconds"),
  HARK_MAX_CHANNELS: positive.int().default(32).describe("Most channels"),
  HARK_MAX_DECODE_SECONDS: positive.default(900).describe("Longest time for decoding one file, seconds"),
  HARK_WORKERS: positive
    .int()
    .max(64)
    .optional()
    .describe("Threads that analyse; by default one less than the cores, at most 4"),
} as const;

/** Hold a password or a key. */
const SECRET = /^DATABASE_URL$|^HARK_JWT_SECRET$|_KEY$/;

const schema = z.object(SETTINGS);

/** A setting as it is in force. */
export interface Setting {
  readonly name: string;
  readonly meaning: string;
  /** As given, or the default; null when there is neither. What may hold a password is only said to be set. */
  readonly value: string | null;
}

export interface Config {
  readonly settings: readonly Setting[];
  readonly home: string;
  readonly roots: readonly string[];
  /** Whether the user named the roots; then they bind the command line too. */
  readonly rootsAreExplicit: boolean;
  readonly databaseUrl: string | undefined;
  readonly ffmpegPath: string | undefined;
  readonly provider: "cache-first" | "cached" | "live";
  readonly toolsets: readonly string[] | undefined;
  readonly tools: readonly string[] | undefined;
  readonly readOnly: boolean;
  readonly jobs: {
    /** Whether this process runs jobs. */
    readonly worker: boolean;
    readonly concurrency: number;
    /** Address of an object store; null for the data folder. */
    readonly store: string | null;
    readonly signingKey: string | null;
  };
  /** What `models.yaml` and the keys of language models are looked for in. */
  readonly gateway: {
    readonly modelsFile: string;
    readonly keysFile: string;
    /** As given: models.yaml may name any variable as the one with a key. */
    readonly environment: Environment;
    /** US dollars; undefined for no limit. */
    readonly budgets: { readonly day?: number; readonly session?: number; readonly key?: number };
  };
  /** Of a conversation that is not continued. */
  readonly sessionLifetimeMs: number;
  /** Audio models. */
  readonly models: {
    readonly folder: string;
    /** What is permissive is always allowed. */
    readonly licences: ReadonlySet<LicenceScope>;
    /** HF_ENDPOINT and the variables of proxies are read from it. */
    readonly environment: Environment;
  };
  /** The server that transcribes speech; undefined without one. */
  readonly speechEndpoint:
    | { readonly url: string; readonly model: string; readonly apiKey: string | undefined }
    | undefined;
  readonly logLevel: z.output<typeof SETTINGS.HARK_LOG_LEVEL>;
  readonly host: string;
  readonly port: number;
  /** Who may use the HTTP server. */
  readonly access: {
    readonly isRequired: boolean;
    readonly allowedHosts: readonly string[];
    readonly corsOrigins: readonly string[];
    readonly publicUrl: string | undefined;
    readonly rateLimits: RateLimits;
    readonly jwt: {
      readonly secret: string | undefined;
      readonly jwksUrl: string | undefined;
      readonly issuer: string | undefined;
      readonly audience: string | undefined;
    };
    readonly oauthIssuers: readonly string[];
  };
  readonly workers: number | undefined;
  readonly limits: {
    readonly maxFileBytes: number;
    readonly maxDurationSeconds: number;
    readonly maxChannels: number;
    readonly maxDecodeSeconds: number;
  };
}

/**
 * The configuration that an environment asks for. An empty variable counts as unset.
 * @throws AppError invalid_input naming the variable and what it accepts.
 */
export function readConfig(environment: Environment): Config {
  const set = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = schema.safeParse(set);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
    throw new AppError("invalid_input", `The environment has settings that Hark cannot use. ${problems}.`);
  }
  const value = parsed.data;
  const home = resolve(value.HARK_HOME ?? defaultHome(set));
  return {
    settings: describeSettings(set, value),
    home,
    roots:
      value.HARK_ROOTS === undefined
        ? defaultRoots()
        : splitList(value.HARK_ROOTS, delimiter).map((root) => resolve(root.replace(/^~(?=$|[\\/])/, homedir()))),
    rootsAreExplicit: value.HARK_ROOTS !== undefined,
    databaseUrl: value.DATABASE_URL,
    ffmpegPath: value.FFMPEG_PATH,
    provider: value.HARK_PROVIDER,
    toolsets: value.HARK_TOOLSETS,
    tools: value.HARK_TOOLS,
    readOnly: value.HARK_READ_ONLY,
    jobs: {
      worker: value.HARK_WORKER,
      concurrency: value.HARK_JOBS,
      store: value.HARK_STORE ?? null,
      signingKey: value.HARK_SIGNING_KEY ?? null,
    },
    gateway: {
      modelsFile: resolve(value.HARK_LLM_MODELS ?? join(configFolder(set), "models.yaml")),
      keysFile: join(configFolder(set), ".env"),
      environment: set,
      budgets: {
        ...(value.HARK_BUDGET_DAY_USD === undefined ? {} : { day: value.HARK_BUDGET_DAY_USD }),
        ...(value.HARK_BUDGET_SESSION_USD === undefined ? {} : { session: value.HARK_BUDGET_SESSION_USD }),
        ...(value.HARK_BUDGET_KEY_USD === undefined ? {} : { key: value.HARK_BUDGET_KEY_USD }),
      },
    },
    sessionLifetimeMs: value.HARK_SESSION_TTL_DAYS * DAY_MS,
    models: {
      folder: resolve(value.HARK_MODELS_DIR ?? join(home, "models")),
      licences: new Set(["permissive", ...value.HARK_MODEL_LICENCES.filter(isLicenceScope)]),
      environment: set,
    },
    speechEndpoint:
      value.HARK_STT_URL === undefined
        ? undefined
        : { url: value.HARK_STT_URL, model: value.HARK_STT_MODEL, apiKey: value.HARK_STT_API_KEY },
    logLevel: value.HARK_LOG_LEVEL,
    host: value.HARK_HOST,
    port: value.HARK_PORT,
    access: {
      isRequired: value.HARK_AUTH === "required",
      allowedHosts: value.HARK_ALLOWED_HOSTS ?? [],
      corsOrigins: value.HARK_CORS_ORIGINS ?? [],
      publicUrl: value.HARK_PUBLIC_URL?.replace(/\/+$/, ""),
      rateLimits: parseRateLimits(value.HARK_RATE_LIMIT) ?? null,
      jwt: {
        secret: value.HARK_JWT_SECRET,
        jwksUrl: value.HARK_JWT_JWKS_URL,
        issuer: value.HARK_JWT_ISSUER,
        audience: value.HARK_JWT_AUDIENCE,
      },
      oauthIssuers: value.HARK_OAUTH_ISSUER ?? [],
    },
    workers: value.HARK_WORKERS,
    limits: {
      maxFileBytes: value.HARK_MAX_FILE_MB * MEGABYTE,
      maxDurationSeconds: value.HARK_MAX_DURATION_SECONDS,
      maxChannels: value.HARK_MAX_CHANNELS,
      maxDecodeSeconds: value.HARK_MAX_DECODE_SECONDS,
    },
  };
}

function isLicenceScope(text: string): text is LicenceScope {
  return LICENCE_SCOPES.some((scope) => scope === text);
}

function describeSettings(set: Environment, parsed: Readonly<Record<string, unknown>>): Setting[] {
  return Object.entries(SETTINGS).map(([name, { description = "" }]) => {
    const value = set[name] ?? parsed[name];
    const shown = SECRET.test(name) && value !== undefined ? "set" : value;
    return { name, meaning: description, value: shown === undefined ? null : String(shown) };
  });
}

/** The platform's folder for application data; as root a folder that an unprivileged database user can reach. */
function defaultHome(environment: Environment): string {
  if (process.platform === "win32")
    return join(environment.LOCALAPPDATA ?? join(homedir(), "AppData", "Local"), "hark");
  if (process.getuid?.() === 0) return "/var/lib/hark";
  if (process.platform === "darwin") return join(homedir(), "Library", "Application Support", "hark");
  return join(environment.XDG_DATA_HOME ?? join(homedir(), ".local", "share"), "hark");
}

/** The user's own settings, on every platform alike. */
function configFolder(environment: Environment): string {
  return join(environment.XDG_CONFIG_HOME ?? join(homedir(), ".config"), "hark");
}

/** Music, downloads and the current folder; not the file system's root, where desktop applications start their servers. */
function defaultRoots(): string[] {
  const current = process.cwd();
  const candidates = [join(homedir(), "Music"), join(homedir(), "Downloads"), current];
  return candidates.filter((folder) => existsSync(folder) && folder !== parse(folder).root);
}

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.parse(text)?.origin === text;
}

/** Keys and tokens come from there: over an open network they could be replaced. */
function isSafeUrl(text: string): boolean {
  const parsed = URL.parse(text);
  const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(parsed?.hostname ?? "");
  return parsed?.protocol === "https:" || (parsed?.protocol === "http:" && isLocal);
}

function splitList(text: string, separator: string): string[] {
  return text
    .split(separator)
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** Hark's settings: the environment, read and checked once. Only the composition roots read it. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, parse, resolve } from "node:path";
import { z } from "zod";
import { AppError } from "./errors.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const MEGABYTE = 1_000_000;

const flag = z.enum(["1", "0", "true", "false"]).transform((text) => text === "1" || text === "true");
const names = z.string().transform((text) => splitList(text, ","));
const positive = z.coerce.number().positive();
const budget = z.coerce.number().nonnegative().optional();
const secret = z.string().optional().describe("A key for language models; ~/.config/hark/.env may hold it instead");

/** Every setting: its schema, with what it means. */
const SETTINGS = {
  HARK_HOME: z.string().optional().describe("Data folder (database, files read from standard input)"),
  HARK_ROOTS: z.string().optional().describe("Folders that audio may be read from, separated like PATH"),
  DATABASE_URL: z.string().optional().describe("A Postgres to use in place of the private one"),
  FFMPEG_PATH: z.string().optional().describe("The FFmpeg to use"),
  HARK_PROVIDER: z.enum(["cache-first", "cached", "live"]).default("cache-first").describe("Where analyses come from"),
  HARK_TOOLSETS: names
    .optional()
    .describe("Tool sets to show, separated by commas: default (analysis, library, system), gateway"),
  HARK_TOOLS: names.optional().describe("Tools to show, separated by commas"),
  HARK_READ_ONLY: flag.default(false).describe("Show only tools that change nothing: 1 or 0"),
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
  HARK_HOST: z.string().default("127.0.0.1").describe("Address of the HTTP server; only loopback is accepted"),
  HARK_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(8974)
    .describe("Port of the HTTP server; 0 picks a free one"),
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
const SECRET = /^DATABASE_URL$|_API_KEY$/;

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
  /** What `models.yaml` and the keys of language models are looked for in. */
  readonly gateway: {
    readonly modelsFile: string;
    readonly keysFile: string;
    /** As given: models.yaml may name any variable as the one with a key. */
    readonly environment: Environment;
    /** US dollars; undefined for no limit. */
    readonly budgets: { readonly day?: number; readonly session?: number; readonly key?: number };
  };
  /** The server that transcribes speech; undefined without one. */
  readonly speechEndpoint:
    | { readonly url: string; readonly model: string; readonly apiKey: string | undefined }
    | undefined;
  readonly logLevel: z.output<typeof SETTINGS.HARK_LOG_LEVEL>;
  readonly host: string;
  readonly port: number;
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
  return {
    settings: describeSettings(set, value),
    home: resolve(value.HARK_HOME ?? defaultHome(set)),
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
    speechEndpoint:
      value.HARK_STT_URL === undefined
        ? undefined
        : { url: value.HARK_STT_URL, model: value.HARK_STT_MODEL, apiKey: value.HARK_STT_API_KEY },
    logLevel: value.HARK_LOG_LEVEL,
    host: value.HARK_HOST,
    port: value.HARK_PORT,
    workers: value.HARK_WORKERS,
    limits: {
      maxFileBytes: value.HARK_MAX_FILE_MB * MEGABYTE,
      maxDurationSeconds: value.HARK_MAX_DURATION_SECONDS,
      maxChannels: value.HARK_MAX_CHANNELS,
      maxDecodeSeconds: value.HARK_MAX_DECODE_SECONDS,
    },
  };
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

function splitList(text: string, separator: string): string[] {
  return text
    .split(separator)
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** Looks at everything that Hark depends on, by name. */
import { access, constants, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Ffmpeg } from "./audio/ffmpeg.ts";
import type { Config } from "./config.ts";
import { toAppError } from "./errors.ts";
import type { FileStore } from "./files/file-store.ts";
import type { Gateway } from "./gateway/gateway.ts";
import type { Storage } from "./storage/storage.ts";
import type { HealthCheck } from "./telemetry/health-check.ts";

interface Dependencies {
  readonly storage: () => Promise<Storage>;
  readonly ffmpeg: () => Promise<Ffmpeg | null>;
  readonly gateway: () => Promise<Gateway>;
  readonly store: () => Promise<FileStore>;
}

/** The state of the database, FFmpeg, the readable folders, the data folder, the store for files of jobs and language models. Never throws. */
export async function healthChecks(
  config: Config,
  { storage, ffmpeg, gateway, store }: Dependencies,
): Promise<HealthCheck[]> {
  return Promise.all([
    check("database", () => checkDatabase(storage)),
    check("ffmpeg", () => checkFfmpeg(ffmpeg)),
    check("folders", () => checkFolders(config.roots)),
    check("data folder", () => checkHome(config.home)),
    check("file store", () => checkStore(store)),
    check("language models", () => checkLanguageModels(gateway)),
  ]);
}

type Finding = Omit<HealthCheck, "name">;

async function check(name: string, look: () => Promise<Finding>): Promise<HealthCheck> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    const { message } = toAppError(error);
    return { name, status: "failed", detail: message, remedy: null };
  }
}

async function checkDatabase(storage: () => Promise<Storage>): Promise<Finding> {
  const opened = await storage();
  await opened.ping();
  return {
    status: "ok",
    detail: opened.kind === "private" ? "The private Postgres answers" : "The Postgres at DATABASE_URL answers",
    remedy: null,
  };
}

async function checkFfmpeg(ffmpeg: () => Promise<Ffmpeg | null>): Promise<Finding> {
  const found = await ffmpeg();
  if (found !== null) return { status: "ok", detail: `FFmpeg ${found.version} (${found.source})`, remedy: null };
  return {
    status: "limited",
    detail: "No FFmpeg: wav, aiff, mp3, flac, ogg and opus work, other formats do not",
    remedy: "Install FFmpeg (apt-get install ffmpeg, brew install ffmpeg, winget install ffmpeg) or set FFMPEG_PATH.",
  };
}

async function checkFolders(roots: readonly string[]): Promise<Finding> {
  const readable: string[] = [];
  for (const root of roots) {
    const isReadable = await access(root, constants.R_OK).then(
      () => true,
      () => false,
    );
    if (isReadable) readable.push(root);
  }
  if (readable.length > 0)
    return { status: "ok", detail: `Audio may be read from ${readable.join(", ")}`, remedy: null };
  return {
    status: "failed",
    detail: "There is no folder that Hark may read audio from",
    remedy: "Set HARK_ROOTS to the folders with your audio, separated like PATH.",
  };
}

async function checkHome(home: string): Promise<Finding> {
  const isWritable = await mkdir(home, { recursive: true })
    .then(() => writeFile(join(home, ".doctor"), "write test"))
    .then(() => rm(join(home, ".doctor")))
    .then(
      () => true,
      () => false,
    );
  if (isWritable) return { status: "ok", detail: `Data is kept in ${home}`, remedy: null };
  return {
    status: "failed",
    detail: `${home} cannot be written`,
    remedy: "Make room or give Hark the right to write, or set HARK_HOME to another folder.",
  };
}

/** Never worse than limited: only jobs need it. */
async function checkStore(store: () => Promise<FileStore>): Promise<Finding> {
  const { status, ...found } = await (await store()).state();
  return { status: status === "ok" ? "ok" : "limited", ...found };
}

/** Never worse than limited: nothing that measures audio needs a language model. */
async function checkLanguageModels(gateway: () => Promise<Gateway>): Promise<Finding> {
  try {
    const providers = await usableProviders(await gateway());
    const detail =
      providers.length > 0
        ? `Language models can be asked of ${providers.join(", ")}`
        : "No language model is set up: no provider has a key, no local server answers. Measuring needs none";
    return { status: "ok", detail, remedy: null };
  } catch (error) {
    const { message } = toAppError(error);
    return { status: "limited", detail: `Language models cannot be used. ${message}`, remedy: null };
  }
}

/** By name: those whose key is there or that need none, and the local servers that list models. */
async function usableProviders({ registry, readKey, listLocalModels }: Gateway): Promise<string[]> {
  const remote = new Map(registry.models.map(({ provider }) => [provider.name, provider.keyVariable]));
  const named = await Promise.all(
    [...remote].map(async ([name, keyVariable]) =>
      keyVariable === null || (await readKey(keyVariable)) !== null ? [name] : [],
    ),
  );
  const local = (await listLocalModels()).map(({ provider }) => provider.name);
  return [...new Set([...named.flat(), ...local])];
}

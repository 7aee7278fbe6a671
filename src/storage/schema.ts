/** The tables. Column shapes are the rows that the repositories give; migrations are generated from this file. */
import { type SQL, sql } from "drizzle-orm";
import {
  bigint,
  check,
  doublePrecision,
  index,
  integer,
  pgEnum,
  pgTable,
  real,
  text,
  timestamp,
  unique,
} from "drizzle-orm/pg-core";
import type { AudioProbe } from "../audio/probe.ts";
import type { ErrorKind } from "../errors.ts";
import { storedJson } from "./stored-json.ts";

/** What a file's header says about its audio. */
export type TrackFormat = Omit<AudioProbe, "durationSeconds" | "tags">;

/** Cleaned tags of a file. Untrusted text. */
export type TrackTags = AudioProbe["tags"];

/** Why an analysis failed, as it is told again while the failure is believed. */
export interface StoredError {
  readonly kind: ErrorKind;
  readonly message: string;
}

/** Exported so that migrations make the type. @public */
export const trackStatus = pgEnum("track_status", ["pending", "analyzing", "ready", "failed"]);

/** The user of this machine owned everything before there were others. */
const owner = () => text("owner").notNull().default("local");

const createdAt = () => timestamp("created_at", { withTimezone: true, precision: 3 }).notNull().defaultNow();

export const tracks = pgTable(
  "tracks",
  {
    id: text("id").primaryKey(),
    sha256: text("sha256").notNull(),
    filename: text("filename").notNull(),
    path: text("path").notNull(),
    /** Identity of the file as last seen (size, times, inode): while it is the same, the bytes are. */
    fileStamp: text("file_stamp").notNull(),
    sizeBytes: bigint("size_bytes", { mode: "number" }).notNull(),
    durationSeconds: doublePrecision("duration_seconds"),
    format: storedJson<TrackFormat>("format").notNull(),
    tags: storedJson<TrackTags>("tags").notNull(),
    /** What text searches read; lower case. */
    searchText: text("search_text").generatedAlwaysAs(
      (): SQL =>
        sql`lower(${tracks.filename} || ' ' || coalesce(${tracks.tags}->>'title', '') || ' ' || coalesce(${tracks.tags}->>'artist', '') || ' ' || coalesce(${tracks.tags}->>'album', '') || ' ' || coalesce(${tracks.tags}->>'genre', ''))`,
    ),
    status: trackStatus("status").notNull().default("pending"),
    statusMessage: text("status_message"),
    /** Whose it is; nobody else sees that it exists. */
    owner: owner(),
    // Whole milliseconds, so that a JavaScript Date in a page's cursor is exact.
    createdAt: createdAt(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    // A hash, since a path may be longer than a B-tree's entry (2704 bytes).
    index("tracks_path_index").using("hash", table.path),
    index("tracks_page_index").on(table.owner, table.createdAt, table.id),
    unique("tracks_owner_sha256").on(table.owner, table.sha256),
  ],
);

export const analyses = pgTable(
  "analyses",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    trackId: text("track_id")
      .notNull()
      .references(() => tracks.id, { onDelete: "cascade" }),
    agent: text("agent").notNull(),
    agentVersion: integer("agent_version").notNull(),
    parametersHash: text("parameters_hash").notNull(),
    /** What computed the features: Hark itself, or an engine with its model. */
    source: text("source").notNull().default("builtin"),
    parameters: storedJson<Readonly<Record<string, unknown>>>("parameters").notNull(),
    result: storedJson<Readonly<Record<string, unknown>>>("result"),
    error: storedJson<StoredError>("error"),
    /** What was wrong with the file when it was measured. */
    warning: text("warning"),
    /** Only failures expire. */
    expiresAt: timestamp("expires_at", { withTimezone: true }),
    durationMs: doublePrecision("duration_ms").notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    unique("analyses_key").on(table.trackId, table.agent, table.agentVersion, table.parametersHash, table.source),
    check("analyses_result_or_error", sql`(${table.result} is null) <> (${table.error} is null)`),
    check("analyses_only_failures_expire", sql`${table.expiresAt} is null or ${table.error} is not null`),
  ],
);

/**
 * What searches ask of analyses with default parameters: a narrow row a track, so that a search reads no results. The columns of
 * an agent are of the version beside them; a search takes those of the present version only.
 */
export const trackFacts = pgTable(
  "track_facts",
  {
    trackId: text("track_id")
      .primaryKey()
      .references(() => tracks.id, { onDelete: "cascade" }),
    /** As in `tracks`, where it never changes: so that a search of one owner need not read those wide rows. */
    owner: owner(),
    rhythmVersion: integer("rhythm_version"),
    tempoBpm: doublePrecision("tempo_bpm"),
    tempoConfidence: real("tempo_confidence"),
    tonalVersion: integer("tonal_version"),
    /** "A minor". */
    key: text("key"),
    keyConfidence: real("key_confidence"),
    loudnessVersion: integer("loudness_version"),
    integratedLufs: doublePrecision("integrated_lufs"),
    timbreVersion: integer("timbre_version"),
    descriptor: real("descriptor").array(),
  },
  (table) => [
    index("track_facts_tempo_index").on(table.tempoBpm),
    index("track_facts_key_index").on(table.key),
    index("track_facts_loudness_index").on(table.integratedLufs),
  ],
);

/** The tracks of an owner: one row for the same bytes, wherever they lie. Those of others are as if they did not exist. */
import { randomBytes } from "node:crypto";
import { and, desc, eq, getTableColumns, type InferSelectModel, like, or, type SQL, sql } from "drizzle-orm";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { AppError } from "../errors.ts";
import { query } from "./database-error.ts";
import { pageCursor, parsePageCursor } from "./page-cursor.ts";
import { tracks } from "./schema.ts";
import { storableText } from "./stored-json.ts";

const ID_BYTES = 10;

const { searchText: _, ...TRACK_COLUMNS } = getTableColumns(tracks);

export type Track = Omit<InferSelectModel<typeof tracks>, "searchText">;
type TrackStatus = Track["status"];
export type NewTrack = Omit<Track, "id" | "owner" | "status" | "statusMessage" | "createdAt" | "updatedAt">;

export interface ListTracks {
  /** Words, each in the file name, title, artist, album or genre, whatever its case. */
  readonly query?: string | undefined;
  readonly status?: TrackStatus | undefined;
  /** Most items of a page, at least 1. */
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

export interface TrackPage {
  readonly items: Track[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
  /** How many tracks all pages hold. */
  readonly total: number;
}

export interface TrackRepository {
  /** Adds a track, or finds the one with the same bytes and moves it to where they were seen last. */
  upsert(track: NewTrack): Promise<{ track: Track; created: boolean }>;
  findById(id: string): Promise<Track | null>;
  /** The track with these bytes. */
  findBySha256(sha256: string): Promise<Track | null>;
  /** The track that was seen last at a path. */
  findByPath(path: string): Promise<Track | null>;
  /** A page, newest first. @throws AppError invalid_input for a cursor that `list` did not give. */
  list(options: ListTracks): Promise<TrackPage>;
  /** Ids that begin with a prefix, newest first. */
  completeIds(prefix: string, limit: number): Promise<string[]>;
  /** Does nothing for an unknown id. */
  setStatus(id: string, status: TrackStatus, message: string | null): Promise<void>;
  /** Does nothing for an unknown id. */
  setDuration(id: string, seconds: number): Promise<void>;
  /** Does nothing for an unknown id. */
  updateLocation(id: string, path: string, fileStamp: string): Promise<void>;
  /** Removes a track with its analyses; false for an unknown id. */
  remove(id: string): Promise<boolean>;
}

/** Every query of it is bound to the owner. */
export function trackRepository(db: PostgresJsDatabase, anyOwner: string): TrackRepository {
  const owner = storableText(anyOwner);
  const isOwned = eq(tracks.owner, owner);
  const first = async (condition: SQL): Promise<Track | null> => {
    const rows = await query(() =>
      db.select(TRACK_COLUMNS).from(tracks).where(and(isOwned, condition)).orderBy(desc(tracks.updatedAt)).limit(1),
    );
    return rows[0] ?? null;
  };
  const update = async (id: string, values: Partial<Track>): Promise<void> => {
    await query(() =>
      db
        .update(tracks)
        .set({ ...values, updatedAt: sql`now()` })
        .where(and(isOwned, eq(tracks.id, storableText(id)))),
    );
  };

  return {
    findById: (id) => first(eq(tracks.id, storableText(id))),
    findBySha256: (sha256) => first(eq(tracks.sha256, sha256)),
    findByPath: (path) => first(eq(tracks.path, storableText(path))),
    list: (options) => list(db, isOwned, options),
    setStatus: (id, status, message) =>
      update(id, { status, statusMessage: message === null ? null : storableText(message) }),
    setDuration: (id, durationSeconds) => update(id, { durationSeconds }),
    updateLocation: (id, path, fileStamp) => update(id, { path, fileStamp }),

    async upsert(track) {
      const id = newId();
      const { path, fileStamp } = track;
      const filename = storableText(track.filename);
      const [row] = await query(() =>
        db
          .insert(tracks)
          .values({ ...track, owner, filename, id })
          .onConflictDoUpdate({
            target: [tracks.owner, tracks.sha256],
            set: { path, filename, fileStamp, updatedAt: sql`now()` },
          })
          .returning(TRACK_COLUMNS),
      );
      if (row === undefined) throw new AppError("internal", "The track was not stored.");
      return { track: row, created: row.id === id };
    },

    async completeIds(prefix, limit) {
      const rows = await query(() =>
        db
          .select({ id: tracks.id })
          .from(tracks)
          .where(and(isOwned, like(tracks.id, `${escapeLike(prefix)}%`)))
          .orderBy(desc(tracks.createdAt), desc(tracks.id))
          .limit(limit),
      );
      return rows.map(({ id }) => id);
    },

    async remove(id) {
      const removed = await query(() =>
        db
          .delete(tracks)
          .where(and(isOwned, eq(tracks.id, storableText(id))))
          .returning({ id: tracks.id }),
      );
      return removed.length > 0;
    },
  };
}

async function list(
  db: PostgresJsDatabase,
  isOwned: SQL,
  { query: text, status, limit, cursor }: ListTracks,
): Promise<TrackPage> {
  const filter = and(
    isOwned,
    text === undefined ? undefined : mentions(text),
    status === undefined ? undefined : eq(tracks.status, status),
  );
  const page = cursor === undefined ? filter : and(filter, isAfter(cursor));
  const newestFirst = [desc(tracks.createdAt), desc(tracks.id)];
  const [rows, total] = await query(() =>
    Promise.all([
      db
        .select(TRACK_COLUMNS)
        .from(tracks)
        .where(page)
        .orderBy(...newestFirst)
        .limit(limit + 1),
      db.$count(tracks, filter),
    ]),
  );
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items, nextCursor: more ? pageCursor({ time: last.createdAt, id: last.id }) : null, total };
}

/** Tracks with every word of a text in their file name or tags. */
export function mentions(text: string): SQL | undefined {
  const words = text.split(/\s+/).filter((word) => word !== "");
  return and(...words.map((word) => or(...spellings(word).map(contains))));
}

/** A word composed and decomposed (Unicode's NFC and NFD): file names of macOS are decomposed, what people type is composed. */
function spellings(word: string): string[] {
  return [...new Set([word.normalize("NFC"), word.normalize("NFD")])];
}

function contains(word: string): SQL {
  return sql`${tracks.searchText} like lower(${`%${escapeLike(word)}%`})`;
}

function isAfter(cursor: string): SQL {
  const { time, id } = parsePageCursor(cursor);
  return sql`(${tracks.createdAt}, ${tracks.id}) < (${time.toISOString()}::timestamptz, ${id})`;
}

function escapeLike(text: string): string {
  return storableText(text).replace(/[\\%_]/g, "\\$&");
}

/** `trk_` and 80 random bits: short enough for a model to repeat. */
function newId(): string {
  return `trk_${randomBytes(ID_BYTES).toString("hex")}`;
}

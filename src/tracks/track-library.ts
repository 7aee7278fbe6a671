/** A caller's recordings: what was added, where each is, and the way from an id or a path to an opened file. */
import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { access, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { checkFileSize } from "../audio/decode-limits.ts";
import type { AudioLimits, AudioSource } from "../audio/decoder.ts";
import type { Ffmpeg } from "../audio/ffmpeg.ts";
import { type AudioProbe, probe } from "../audio/probe.ts";
import { cleanText } from "../audio/tags.ts";
import type { Caller } from "../caller.ts";
import { AppError } from "../errors.ts";
import type { StoredOutcome } from "../storage/analysis-repository.ts";
import type { Storage } from "../storage/storage.ts";
import type { ListTracks, Track, TrackPage, TrackRepository } from "../storage/track-repository.ts";
import type { SearchResult, SearchTracks } from "../storage/track-search.ts";
import { type KeptFiles, type OpenedFile, openInsideRoots } from "./allowed-roots.ts";
import { contentHash } from "./content-hash.ts";
import { isKept, keptFilesOf, ownFolder } from "./kept-files.ts";
import { limitBytes } from "./limit-bytes.ts";

const TRACK_ID = /^trk_[0-9a-z]+$/;

/** Less is rounding. */
const DURATION_TOLERANCE_SECONDS = 0.0005;

/** Bytes on their way in; older ones were left by a process that was killed. */
const INCOMING = "incoming-";
const STALE_MS = 24 * 3600 * 1000;

interface TrackLibraryOptions {
  /** Whose tracks it holds, and whether files of this machine may be named. */
  readonly caller: Caller;
  /** Opens the storage on first use. */
  readonly storage: () => Promise<Storage>;
  /** Folders that may be read. */
  readonly roots: readonly string[];
  /** Where bytes that came without a file (standard input, uploads) are kept, in a folder for each owner. */
  readonly filesFolder: string;
  readonly limits: AudioLimits;
  readonly ffmpeg: () => Promise<Ffmpeg | null>;
}

export interface AddedTrack {
  readonly track: Track;
  /** False when its bytes were known. */
  readonly created: boolean;
}

/** Bytes that have come whole and are audio, and belong to no track yet. */
export interface IncomingFile extends AsyncDisposable {
  keep(): Promise<AddedTrack>;
}

/** What a file holds: the hash of its bytes and what its headers say. */
type Content = AudioProbe & { readonly sha256: string };

/** The lock under which a track is analysed; whoever holds it is analysing. */
export function analysisLockKey(trackId: string): string {
  return `analysis:${trackId}`;
}

/** Whether a reference has the form of a track id; anything else is a path. */
export function isTrackId(reference: string): boolean {
  return TRACK_ID.test(reference);
}

export class TrackLibrary {
  readonly #options: TrackLibraryOptions;

  constructor(options: TrackLibraryOptions) {
    this.#options = options;
  }

  /** Most bytes of a file that is taken. */
  get maxFileBytes(): number {
    return this.#options.limits.maxFileBytes;
  }

  /**
   * The track of an id, or of a path, which is added when it is new.
   * @throws AppError not_found for an unknown id or one of another owner; for a path everything that `add` throws.
   */
  async resolve(reference: string, signal: AbortSignal): Promise<Track> {
    return isTrackId(reference) ? this.get(reference) : (await this.add(reference, signal)).track;
  }

  /** The track of an id, or null. */
  async find(id: string): Promise<Track | null> {
    const tracks = await this.#tracks();
    const track = await tracks.findById(id);
    return track === null ? null : this.#settled(track);
  }

  /** @throws AppError not_found. */
  async get(id: string): Promise<Track> {
    const track = await this.find(id);
    if (track === null) {
      throw new AppError(
        "not_found",
        `There is no track "${id.slice(0, 40)}". list_tracks shows what is there; add_track adds a file.`,
      );
    }
    return track;
  }

  /**
   * Adds a file, or finds it: the same bytes are the same track, wherever they lie.
   * @throws AppError invalid_input (no audio, too large), forbidden, not_found; not_found too for every path of a caller who may not
   *   name files.
   */
  async add(path: string, signal: AbortSignal): Promise<AddedTrack> {
    const { caller, roots } = this.#options;
    if (!caller.scopes.has("files")) throw noFiles(path);
    await using file = await openInsideRoots(path, roots, this.#keptFiles());
    const tracks = await this.#tracks();
    const known = await tracks.findByPath(file.path);
    if (known !== null && known.fileStamp === file.stamp) return { track: await this.#settled(known), created: false };
    return await this.#store(await this.#inspect(file, signal), file, basename(file.path));
  }

  /** Adds bytes that come without a file; they are kept in the data folder until the track is removed. */
  async addStream(bytes: Readable, filename: string, signal: AbortSignal): Promise<Track> {
    await using incoming = await this.receive(bytes, filename, signal);
    return (await incoming.keep()).track;
  }

  /**
   * Takes bytes in, and looks what they are. They become a track by `keep`; disposing of the result removes what was not kept.
   * @throws AppError invalid_input (no audio, too large), unavailable (the disk is full); whatever the stream fails with.
   */
  async receive(bytes: Readable, filename: string, signal: AbortSignal): Promise<IncomingFile> {
    const { caller, limits, storage } = this.#options;
    await storage(); // makes the data folder, and so that its database can reach it
    const filesFolder = ownFolder(this.#options.filesFolder, caller.owner);
    await mkdir(filesFolder, { recursive: true, mode: 0o700 });
    await removeStale(filesFolder);
    const path = join(filesFolder, `${INCOMING}${randomUUID()}`);
    const discard = () => rm(path, { force: true });
    try {
      await pipeline(bytes, limitBytes(limits.maxFileBytes), createWriteStream(path, { mode: 0o400 }), { signal });
      const content = await this.#inspectIncoming(path, signal);
      return { keep: () => this.#keep(path, content, filename, signal), [Symbol.asyncDispose]: discard };
    } catch (error) {
      await discard();
      throw isDiskFull(error) ? diskFull(error) : error;
    }
  }

  async list(query: ListTracks): Promise<TrackPage> {
    const tracks = await this.#tracks();
    const page = await tracks.list(query);
    return { ...page, items: await Promise.all(page.items.map((track) => this.#settled(track))) };
  }

  /** What is stored of a track's analyses, without their results. */
  async storedAnalyses(track: Track): Promise<StoredOutcome[]> {
    const { analyses } = await this.#options.storage();
    return analyses.listOutcomes(track.id);
  }

  /** Tracks by what was measured of them. */
  async search(wanted: SearchTracks): Promise<SearchResult> {
    const { search } = await this.#options.storage();
    return search(this.#options.caller.owner, wanted);
  }

  /** Ids that begin with a prefix, newest first. */
  async completeIds(prefix: string, limit: number): Promise<string[]> {
    const tracks = await this.#tracks();
    return tracks.completeIds(prefix, limit);
  }

  /** Forgets a track and its analyses. The user's file stays; a copy that Hark kept is deleted. */
  async remove(track: Track): Promise<boolean> {
    const tracks = await this.#tracks();
    const removed = await tracks.remove(track.id);
    if (removed && (await this.#isKept(track.path))) await rm(track.path, { force: true });
    return removed;
  }

  /**
   * Opens a track's file, whoever owns the track, and makes sure that it still holds the bytes that were added. The caller disposes of the result.
   * @throws AppError not_found when it is gone, invalid_input when it has changed.
   */
  async openSource(track: Track, signal: AbortSignal): Promise<OpenedFile> {
    const { roots } = this.#options;
    const file = await openInsideRoots(track.path, roots, this.#keptFiles(track.owner, track.path)).catch(
      (error: unknown) => {
        throw error instanceof AppError ? sourceError(error) : error;
      },
    );
    try {
      if (file.stamp !== track.fileStamp) await this.#confirmUnchanged(track, file, signal);
      return file;
    } catch (error) {
      await file[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Corrects what the headers said about the duration by what was decoded. */
  async setDuration(track: Track, seconds: number): Promise<void> {
    if (track.durationSeconds !== null && Math.abs(track.durationSeconds - seconds) < DURATION_TOLERANCE_SECONDS)
      return;
    const tracks = await this.#tracks(track.owner);
    await tracks.setDuration(track.id, seconds);
  }

  async #tracks(owner = this.#options.caller.owner): Promise<TrackRepository> {
    return (await this.#options.storage()).tracksOf(owner);
  }

  #keptFiles(owner = this.#options.caller.owner, path: string | null = null): KeptFiles {
    return keptFilesOf(this.#options.filesFolder, owner, path);
  }

  #isKept(path: string): Promise<boolean> {
    return isKept(this.#options.filesFolder, this.#options.caller.owner, path);
  }

  async #confirmUnchanged(track: Track, file: OpenedFile, signal: AbortSignal): Promise<void> {
    if ((await contentHash(file.handle, signal)) !== track.sha256) {
      throw new AppError(
        "invalid_input",
        "The file has changed since it was added. Add it again: its new content is a new track.",
      );
    }
    const tracks = await this.#tracks(track.owner);
    await tracks.updateLocation(track.id, file.path, file.stamp);
  }

  /** Under a lock: of the same bytes that come twice at once, one file replaces the other while that is looked at. */
  async #keep(incoming: string, content: Content, filename: string, signal: AbortSignal): Promise<AddedTrack> {
    const { caller, storage } = this.#options;
    const { locks } = await storage();
    const tracks = await this.#tracks();
    const kept = join(ownFolder(this.#options.filesFolder, caller.owner), content.sha256);
    return await locks.withLock(`keep:${kept}`, signal, async () => {
      const known = await tracks.findBySha256(content.sha256);
      if (known !== null && (await isThere(known.path))) return { track: await this.#settled(known), created: false };
      await rename(incoming, kept);
      await using file = await openInsideRoots(kept, [], this.#keptFiles());
      return await this.#store(content, file, filename);
    });
  }

  async #inspectIncoming(path: string, signal: AbortSignal): Promise<Content> {
    await using file = await openInsideRoots(path, [], this.#keptFiles());
    return await this.#inspect(file, signal);
  }

  async #inspect(file: OpenedFile, signal: AbortSignal): Promise<Content> {
    const { limits, ffmpeg } = this.#options;
    const source: AudioSource = { fd: file.handle.fd, path: file.path, sizeBytes: file.sizeBytes };
    checkFileSize(source, limits);
    return { sha256: await contentHash(file.handle, signal), ...(await probe(source, await ffmpeg(), signal)) };
  }

  async #store(content: Content, file: OpenedFile, filename: string): Promise<AddedTrack> {
    const { sha256, durationSeconds, tags, ...format } = content;
    const tracks = await this.#tracks();
    const before = await tracks.findBySha256(sha256);
    const stored = await tracks.upsert({
      sha256,
      filename: cleanText(filename) ?? "unnamed",
      path: file.path,
      fileStamp: file.stamp,
      sizeBytes: file.sizeBytes,
      durationSeconds,
      format,
      tags: { ...tags },
    });
    // The user's own file takes the place of a copy that was kept.
    if (before !== null && before.path !== file.path && (await this.#isKept(before.path)))
      await rm(before.path, { force: true });
    return stored;
  }

  /** A track whose analysis was cut off (its process died) is pending again: nobody holds its lock. */
  async #settled(track: Track): Promise<Track> {
    if (track.status !== "analyzing") return track;
    const { tracksOf, locks } = await this.#options.storage();
    if (await locks.isLocked(analysisLockKey(track.id))) return track;
    await tracksOf(track.owner).setStatus(track.id, "pending", null);
    return { ...track, status: "pending", statusMessage: null };
  }
}

/** Says the same whether or not there is such a file. */
function noFiles(reference: string): AppError {
  return new AppError(
    "not_found",
    `There is no track "${reference.slice(0, 40)}". Files of the server's own disk can be named with the scope "files" only; upload the audio and use its track id.`,
  );
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function removeStale(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(INCOMING)) continue;
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > STALE_MS) await rm(path, { force: true });
  }
}

/** What is wrong with the file of a track, for somebody who named the track and not the file. */
function sourceError(error: AppError): AppError {
  const message =
    error.kind === "forbidden"
      ? "The file of this track lies outside of the folders that Hark may read now. Add its folder to HARK_ROOTS."
      : "The file of this track is no longer where it was. Add it again from where it is now; it stays the same track.";
  return new AppError(error.kind, message, { cause: error });
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

function diskFull(cause: unknown): AppError {
  return new AppError(
    "unavailable",
    "The disk with Hark's data folder is full. Make room, or set HARK_HOME to another disk.",
    { cause },
  );
}

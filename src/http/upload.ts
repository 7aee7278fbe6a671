/** A file in a form (multipart/form-data), from the socket to the disk without ever being whole in memory. */
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import busboy from "busboy";
import { AppError } from "../errors.ts";
import type { Services } from "../tools/tool.ts";
import { HttpError } from "./problem.ts";

const FILE_FIELD = "file";

/** Of boundaries and headers around the file. */
const FORM_BYTES = 64 * 1024;

type Library = Services["library"];
type IncomingFile = Awaited<ReturnType<Library["receive"]>>;

/** Whether a request carries a form. */
export function isForm(request: Request): boolean {
  return /^multipart\/form-data\b/i.test(request.headers.get("content-type") ?? "");
}

/**
 * Takes the one file of a form, from a client that is not silent for longer than that; its caller keeps it or disposes of it. Nothing remains of a form that is not exactly that.
 * @throws AppError invalid_input (more or less than one file, no audio, damaged), with 413 when it is too large and 408 when
 *   nothing comes any more; cancelled when the client goes.
 */
export async function receiveUpload(request: Request, library: Library, silenceMs: number): Promise<IncomingFile> {
  if (Number(request.headers.get("content-length") ?? 0) > library.maxFileBytes + FORM_BYTES) throw tooLarge(library);
  const form = openForm(request);
  const part = new FilePart(library, request.signal);
  form.on("file", (field, stream, { filename }) => part.begin(field, stream, filename));
  form.on("field", () => part.refuse(oneFile()));
  const silence = setTimeout(() => part.refuse(silent(silenceMs)), silenceMs);
  try {
    await pipeline(bodyOf(request), restarting(silence), form, { signal: part.signal });
    return await part.received();
  } catch (error) {
    throw await part.abandon(error);
  } finally {
    clearTimeout(silence);
  }
}

/** The file of a form while it comes, and the first thing that was wrong with the form. */
class FilePart {
  readonly #library: Library;
  readonly #request: AbortSignal;
  readonly #stopping = new AbortController();
  #receiving: Promise<IncomingFile> | null = null;
  #wrong: AppError | null = null;

  constructor(library: Library, request: AbortSignal) {
    this.#library = library;
    this.#request = request;
  }

  /** Aborts when the client goes, or when the form is refused. */
  get signal(): AbortSignal {
    return AbortSignal.any([this.#request, this.#stopping.signal]);
  }

  begin(field: string, stream: Readable, filename: string | undefined): void {
    // A form that breaks off breaks its part too, perhaps before the library listens.
    stream.on("error", () => {});
    if (field !== FILE_FIELD || this.#receiving !== null || filename === undefined || filename === "") {
      stream.resume();
      this.refuse(oneFile());
      return;
    }
    this.#receiving = this.#library.receive(stream, filename, this.signal);
    this.#receiving.catch((error: unknown) => {
      if (error instanceof AppError) this.refuse(sizeError(error));
    });
  }

  refuse(error: AppError): void {
    this.#wrong ??= error;
    this.#stopping.abort();
  }

  async received(): Promise<IncomingFile> {
    if (this.#receiving === null) throw oneFile();
    const file = await this.#receiving;
    if (this.#wrong !== null) throw this.#wrong;
    return file;
  }

  /** Stops, removes what came, and says why. */
  async abandon(error: unknown): Promise<unknown> {
    this.#stopping.abort();
    const file = await this.#receiving?.catch(() => null);
    await file?.[Symbol.asyncDispose]();
    if (this.#wrong !== null) return this.#wrong;
    if (this.#request.aborted) {
      return new AppError("cancelled", "The upload broke off. Nothing was kept; send it again.", { cause: error });
    }
    return error instanceof AppError ? error : damaged(error);
  }
}

function openForm(request: Request): busboy.Busboy {
  try {
    return busboy({
      headers: { "content-type": request.headers.get("content-type") ?? "" },
      defParamCharset: "utf8",
      limits: { fields: 1, files: 2, parts: 3 },
    });
  } catch (error) {
    throw damaged(error);
  }
}

/** A stream that can be destroyed while it waits for bytes; an async iteration of the body could not be left before the next came. */
function bodyOf({ body }: Request): Readable {
  return body === null ? Readable.from([]) : Readable.fromWeb(body);
}

function restarting(timer: NodeJS.Timeout): Transform {
  return new Transform({
    transform(chunk, _encoding, done) {
      timer.refresh();
      done(null, chunk);
    },
  });
}

function oneFile(): AppError {
  const message = `Send exactly one part, named "${FILE_FIELD}", with a file name: curl -F ${FILE_FIELD}=@song.wav`;
  return new AppError("invalid_input", message);
}

function damaged(cause: unknown): AppError {
  const message = "The form cannot be read: its boundary is missing or wrong, or it ends too early. Send it again.";
  return new AppError("invalid_input", message, { cause });
}

function silent(silenceMs: number): AppError {
  return new HttpError(408, "invalid_input", `Nothing came for ${silenceMs / 1000} s. Send the file again.`);
}

function tooLarge({ maxFileBytes }: Library): AppError {
  const message = `The file is too large; the limit is ${maxFileBytes / 1e6} MB. Send a smaller one, or raise HARK_MAX_FILE_MB.`;
  return new HttpError(413, "invalid_input", message);
}

/** A limit on bytes is the only one that is met before decoding. */
function sizeError(error: AppError): AppError {
  return error.dependsOnSettings ? new HttpError(413, error.kind, error.message, { cause: error }) : error;
}

/** A guard for streams of unknown length. */
import { Transform } from "node:stream";
import { AppError } from "../errors.ts";

/** Passes bytes through and fails with invalid_input once more than `maxBytes` have come. */
export function limitBytes(maxBytes: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen <= maxBytes) return done(null, chunk);
      const megabytes = Math.round(maxBytes / 1e6);
      done(
        new AppError("invalid_input", `The input is larger than ${megabytes} MB. HARK_MAX_FILE_MB raises this limit.`),
      );
    },
  });
}

/** A guard for streams of unknown length. */
import { Transform } from "node:stream";
import { limitError } from "../audio/decode-limits.ts";

/** Passes bytes through and fails with invalid_input once more than `maxBytes` have come. */
export function limitBytes(maxBytes: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen <= maxBytes) done(null, chunk);
      else done(limitError("The input is too large", `${maxBytes / 1e6} MB`, "HARK_MAX_FILE_MB"));
    },
  });
}

/** Uploads of any size from a process that never holds them. */
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { text as readText } from "node:stream/consumers";

const BOUNDARY = "hark-large-upload";
const CHUNK_BYTES = 1_000_000;
const RATE = 44_100;

export interface LargeUpload {
  readonly request: ClientRequest;
  readonly answer: Promise<{ status: number; body: Record<string, unknown> }>;
  /** Sends bytes of the recording (quiet noise in stereo), as fast as they are taken. */
  send(bytes: number): Promise<void>;
  end(): void;
}

/** Opens a form with a WAV file of that many bytes of samples. */
export function largeUpload(url: string, bytes: number): LargeUpload {
  const head = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="large.wav"\r\n\r\n`;
  const tail = `\r\n--${BOUNDARY}--\r\n`;
  const length = head.length + 44 + bytes + tail.length;
  const headers = { "content-type": `multipart/form-data; boundary=${BOUNDARY}`, "content-length": length };
  const sending = request(`${url}/v1/tracks`, { method: "POST", headers });
  const answer = once(sending, "response").then(async (values) => {
    const response: IncomingMessage = values[0];
    return { status: response.statusCode ?? 0, body: JSON.parse(await readText(response)) };
  });
  answer.catch(() => {});
  sending.write(head);
  sending.write(wavHeader(bytes));
  const noise = Buffer.alloc(CHUNK_BYTES, "a little noise of no meaning; ");
  return {
    request: sending,
    answer,
    async send(count) {
      for (let left = count; left > 0; left -= CHUNK_BYTES) {
        if (!sending.write(noise.subarray(0, Math.min(left, CHUNK_BYTES)))) await once(sending, "drain");
      }
    },
    end: () => sending.end(tail),
  };
}

/** Of 16-bit stereo. */
function wavHeader(dataBytes: number): Buffer {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(36 + dataBytes, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * 4, 28);
  header.writeUInt16LE(4, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(dataBytes, 40);
  return header;
}

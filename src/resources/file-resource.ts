/** `hark://files/{sha256}/{name}`: a file that a job of the caller's has made. */
import { buffer } from "node:stream/consumers";
import { AppError } from "../errors.ts";
import { BinaryContent, type Resource } from "./resource.ts";

/** More would be copied through a conversation. */
const MOST_BYTES = 8_000_000;

export const fileResource: Resource = {
  name: "file",
  title: "File",
  description: "A file that a job has made. Large ones are downloaded by the link that get_job gives over HTTP.",
  uriTemplate: "hark://files/{sha256}/{name}",
  mimeType: "application/octet-stream",

  async read({ sha256 = "" }, { services }) {
    const file = await services.jobs.findFile(sha256);
    if (file.sizeBytes > MOST_BYTES) {
      const message = `The file has ${file.sizeBytes} bytes, and at most ${MOST_BYTES} are given as a resource. Use the download_url of get_job, or run the job with output_dir.`;
      throw new AppError("invalid_input", message);
    }
    const store = await services.files.store();
    return new BinaryContent(file.mimeType, await buffer(await store.openRead(sha256)));
  },
};

/** Uploads in parts that were never finished: their parts are in no listing of objects, and cost money. */
import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandInput,
  type ListMultipartUploadsCommandOutput,
  type MultipartUpload,
  type S3Client,
} from "@aws-sdk/client-s3";
import { isSha256 } from "./file-store.ts";

interface Place {
  readonly Bucket: string;
  readonly Prefix: string;
}

/**
 * Gives up uploads of files that were begun before then, or only counts them; gives how many. Null where the store does not list them, as not
 * every compatible one does. @throws what the SDK does.
 */
export async function removeUploads(
  client: S3Client,
  place: Place,
  before: Date,
  dryRun: boolean,
): Promise<number | null> {
  const found = await listUploads(client, place);
  if (found === null) return null;
  const old = found.filter(({ Key = "", Initiated }) => {
    // The prefix may be empty, and the bucket hold what others upload.
    return isSha256(Key.slice(place.Prefix.length)) && Initiated !== undefined && Initiated < before;
  });
  if (dryRun) return old.length;
  for (const { Key, UploadId } of old) {
    const upload = { Bucket: place.Bucket, Key, UploadId };
    await client.send(new AbortMultipartUploadCommand(upload)).catch((error: unknown) => {
      // Finished or given up meanwhile.
      if (!isCalled(error, "NoSuchUpload")) throw error;
    });
  }
  return old.length;
}

async function listUploads(client: S3Client, place: Place): Promise<readonly MultipartUpload[] | null> {
  const found: MultipartUpload[] = [];
  let request: ListMultipartUploadsCommandInput | null = place;
  while (request !== null) {
    const page: ListMultipartUploadsCommandOutput | null = await listPage(client, request);
    if (page === null) return null;
    found.push(...(page.Uploads ?? []));
    const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page;
    const isLast = IsTruncated !== true || NextKeyMarker === undefined;
    request = isLast ? null : { ...place, KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker };
  }
  return found;
}

async function listPage(client: S3Client, request: ListMultipartUploadsCommandInput) {
  try {
    return await client.send(new ListMultipartUploadsCommand(request));
  } catch (error) {
    if (isCalled(error, "NotImplemented")) return null;
    throw error;
  }
}

function isCalled(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

/** One of the processes of token-processes.ts. */
import { apiKeys } from "../../src/auth/api-keys.ts";
import { storedBuckets } from "../../src/auth/token-buckets.ts";
import { openStorage } from "../../src/storage/storage.ts";
import type { TokenWork } from "./token-processes.ts";

const [home = "", databaseUrl] = process.argv.slice(2);
const storage = await openStorage({ home, databaseUrl });
const keys = apiKeys(async () => storage.apiKeys);
const take = storedBuckets(async () => storage);

process.on("message", async (work: TokenWork | { readonly kind: "end" }) => {
  if (work.kind === "end") {
    await storage.close();
    process.disconnect();
    return;
  }
  const once = async () => {
    if (work.kind === "bucket") return (await take(work.bucket, work.limit)).allowed;
    return keys.authenticate(work.key).then(
      () => true,
      () => false,
    );
  };
  const granted = await Promise.all(Array.from({ length: work.times }, once));
  process.send?.(granted.filter(Boolean).length);
});
process.send?.("ready");

/** A Hark process for tests: opens the storage of its arguments (home, URL) and obeys messages until it is told to close. */
import { errorCode } from "../../src/storage/database-error.ts";
import { openStorage } from "../../src/storage/storage.ts";

const [home = "", databaseUrl] = process.argv.slice(2);
const reply = (message: string) => process.send?.(message);

try {
  const storage = await openStorage({ home, databaseUrl });
  let release: (() => Promise<void>) | null = null;
  process.on("message", async (message) => {
    if (message === "ping") reply(await storage.ping().then(() => "pong", String));
    if (message === "lock") {
      release = await storage.locks.tryLock("key");
      reply(release === null ? "refused" : "locked");
    }
    if (message === "unlock") {
      await release?.();
      reply("unlocked");
    }
    if (message === "close") {
      await storage.close();
      process.disconnect();
    }
  });
  reply("opened");
} catch (error) {
  reply(`failed: ${String(error)} ${errorCode(error)} ${String(error instanceof Error ? error.cause : "")}`);
  process.exitCode = 1;
  process.disconnect();
}

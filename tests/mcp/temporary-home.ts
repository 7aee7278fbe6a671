/** Data folders for servers that are started as processes. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stopPrivatePostgres } from "../../src/storage/private-postgres.ts";

export interface TemporaryHome extends AsyncDisposable {
  readonly path: string;
}

/** An empty folder that every user can reach (the database may run as another one); a database left running ends with it. */
export async function temporaryHome(): Promise<TemporaryHome> {
  const path = await mkdtemp(join(tmpdir(), "hark-"));
  await chmod(path, 0o755);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await stopPrivatePostgres(path).catch(() => false);
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** This process's environment without its own Hark settings, and with those given. */
export function serverEnvironment(settings: Readonly<Record<string, string>>): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("HARK_") && name !== "DATABASE_URL",
  );
  return { ...Object.fromEntries(inherited.map(([name, value]) => [name, value ?? ""])), ...settings };
}

/** The keys of LLM providers: from the environment, else from the user's own .env file. Never from the repository. */
import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";

/** The key that a variable holds, null where there is none. Keys are asked for when they are used, so a new one needs no restart. */
export type ReadKey = (variable: string) => Promise<string | null>;

/** Reads keys. A file that cannot be read counts as empty: then the key is missing, and that is what is said. */
export function providerKeys(environment: Readonly<Record<string, string | undefined>>, envFile: string): ReadKey {
  return async (variable) => {
    const inherited = environment[variable];
    if (inherited !== undefined && inherited !== "") return inherited;
    const text = await readFile(envFile, "utf8").catch(() => "");
    const value = parseEnv(text)[variable];
    return value === undefined || value === "" ? null : value;
  };
}

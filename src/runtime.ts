/** What has to be so before the rest of Hark is loaded: a Node that can run it, and a cache of compiled code. */
import module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";

const OLDEST_NODE = 24;

/**
 * Ends the process with a plain message on a Node that is too old. The cache lies in the user's own folder: in the system's
 * temporary one, where Node would put it, another user could place code. Where it cannot be written there is none.
 */
export function prepareRuntime(): void {
  const { node } = process.versions;
  if (Number(node.split(".")[0]) < OLDEST_NODE) {
    process.stderr.write(
      `Hark needs Node ${OLDEST_NODE} or newer, and this is Node ${node}. Install it from https://nodejs.org.\n`,
    );
    process.exit(1);
  }
  preferCommonJs();
  // The space of new objects stays small, so that it is cleared often: V8 sees only the small heads of read buffers, which are garbage
  // at once. An upload of 300 MB took 80 MB more with the default, 2; analyses took the same processor time.
  setFlagsFromString("--semi-space-growth-factor=1");
  module.enableCompileCache(join(homedir(), ".cache", "hark"));
}

/**
 * Lets drizzle-orm be loaded in its CommonJS form by what is imported from now on. Its ES modules import each other in circles, and linking
 * those took 0.5 s and 240 MB, of which the process gave little back; the same code as CommonJS takes 0.08 s and 25 MB.
 */
function preferCommonJs(): void {
  module.registerHooks({
    resolve: (specifier, context, next) =>
      /^drizzle-orm(\/|$)/.test(specifier)
        ? next(specifier, { ...context, conditions: ["node", "require"] })
        : next(specifier, context),
  });
}

/** What has to be so before the rest of Hark is loaded: a Node that can run it, and a cache of compiled code. */
import module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

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
  module.enableCompileCache(join(homedir(), ".cache", "hark"));
}

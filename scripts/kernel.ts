/**
 * Compiles kernel/ (AssemblyScript) to src/dsp/kernel/kernel-binary.ts. The compiler gives the same bytes on every machine; with
 * --check it fails on a difference. The result is committed, so that installing compiles nothing, and a module rather than
 * a .wasm file, so that it is found alike from sources, from dist/ and in worker threads, without reading files.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import asc from "assemblyscript/asc";
import { writeGenerated } from "./generated-file.ts";

const ENTRIES = [
  "resample",
  "spectrum",
  "bands",
  "shape",
  "levels",
  "interpolate",
  "lags",
  "pair",
  "extremes",
  "convolution",
  "distances",
];
const OPTIONS = ["-O3", "--converge", "--noAssert", "--runtime", "stub", "--importMemory", "--enable", "simd"];
/** "Exchange of v128 values": said of functions that other files of the kernel import; none is exported to JavaScript. */
const QUIET = ["--disableWarning", "112"];

const entries = ENTRIES.map((name) => `kernel/${name}.ts`);
let binary: Uint8Array | undefined;
const { error, stderr } = await asc.main([...entries, ...OPTIONS, ...QUIET, "--outFile", "kernel.wasm"], {
  readFile: (name, base) => {
    try {
      return readFileSync(join(base, name), "utf8");
    } catch {
      return null;
    }
  },
  writeFile: (_name, contents) => {
    binary = Buffer.from(contents);
  },
  listFiles: () => [],
});
if (error !== null || binary === undefined)
  throw new Error(`The kernel does not compile:\n${stderr}`, { cause: error });

writeGenerated(
  "src/dsp/kernel/kernel-binary.ts",
  `/** The compiled kernel, base64. Made from kernel/ by scripts/kernel.ts. */
export const KERNEL_BINARY =
  "${Buffer.from(binary).toString("base64")}";
`,
);

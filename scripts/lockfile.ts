/**
 * Checks that package-lock.json is whole: every package that something in it asks for is in it, those of other platforms
 * too. npm leaves out, without a word, optional packages that its registry lacks, and `npm ci` then refuses the file.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";

const names = z.record(z.string(), z.string()).default({});
const lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({ dependencies: names, optionalDependencies: names, resolved: z.string().optional() }),
  ),
});

const { packages } = lockfile.parse(JSON.parse(readFileSync("package-lock.json", "utf8")));
const places = Object.keys(packages);
const faults: string[] = [];

for (const [place, { dependencies, optionalDependencies, resolved }] of Object.entries(packages)) {
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    if (!isFound(place, name)) faults.push(`${place || "package.json"} needs ${name}, which is not in the lockfile`);
  }
  if (resolved !== undefined) faults.push(`${place} names the host it came from`);
}

for (const fault of faults) console.error(fault);
if (places.length < 2 || faults.length > 0) process.exit(1);
console.log(`lockfile: ${places.length} packages, none missing`);

/** Looks where Node would: beside the package, then in each folder above. */
function isFound(place: string, name: string): boolean {
  for (let folder = place; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    if (Object.hasOwn(packages, `${folder === "" ? "" : `${folder}/`}node_modules/${name}`)) return true;
    if (folder === "") return false;
    if (!folder.includes("/node_modules/")) folder = "/node_modules/";
  }
}

import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openInsideRoots } from "../../src/tracks/allowed-roots.ts";

let folder: string;
let music: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "hark-roots-")));
  music = join(folder, "music");
  await mkdir(join(music, "album"), { recursive: true });
  await mkdir(join(folder, "music2"));
  await writeFile(join(music, "song.wav"), "song");
  await writeFile(join(music, "album", "ünïcode & spaces $(x).wav"), "odd");
  await writeFile(join(folder, "music2", "secret.wav"), "secret");
  await writeFile(join(folder, "secret.wav"), "secret");
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(reference: string, roots = [music]): Promise<string> {
  await using file = await openInsideRoots(reference, roots);
  return (await file.handle.readFile()).toString();
}

describe("what may be read", () => {
  test("a name with a colon", async () => {
    await writeFile(join(music, "Mozart: Requiem.wav"), "requiem");
    expect(await read(relative(process.cwd(), join(music, "Mozart: Requiem.wav")))).toBe("requiem");
  });

  test("a file by its absolute path, relative path and file: URL", async () => {
    const path = join(music, "song.wav");
    expect(await read(path)).toBe("song");
    expect(await read(relative(process.cwd(), path))).toBe("song");
    expect(await read(pathToFileURL(path).href)).toBe("song");
  });

  test("a name with spaces, shell signs and other alphabets", async () => {
    expect(await read(join(music, "album", "ünïcode & spaces $(x).wav"))).toBe("odd");
  });

  test("a link inside a root to a file inside a root", async () => {
    await symlink(join(music, "song.wav"), join(music, "link.wav"));
    expect(await read(join(music, "link.wav"))).toBe("song");
  });

  test("a root that is itself a link", async () => {
    await symlink(music, join(folder, "linked-root"));
    expect(await read(join(folder, "linked-root", "song.wav"), [join(folder, "linked-root")])).toBe("song");
  });

  test("the stamp changes with the file's content", async () => {
    const path = join(music, "changing.wav");
    await writeFile(path, "before");
    await using before = await openInsideRoots(path, [music]);
    await writeFile(path, "after!");
    await using after = await openInsideRoots(path, [music]);
    expect(after.sizeBytes).toBe(before.sizeBytes);
    expect(after.stamp).not.toBe(before.stamp);
  });
});

describe("what is refused", () => {
  test.each([
    ["a sibling whose name begins like the root's", () => join(folder, "music2", "secret.wav")],
    ["a way out by ..", () => `${music}/../secret.wav`],
    ["a way out by .. below a folder", () => `${music}/album/../../secret.wav`],
    ["a system file", () => "/etc/passwd"],
    ["a place outside that does not exist", () => join(folder, "nothing.wav")],
  ])("%s", async (_name, path) => {
    await expect(read(path())).rejects.toMatchObject({ kind: "forbidden" });
  });

  test.each([
    ["a null byte", () => `${join(music, "song.wav")}\0.png`],
    ["an http URL", () => "http://127.0.0.1/song.wav"],
    ["a file: URL with a host", () => "file://server/share/song.wav"],
    ["a file: URL with an encoded slash", () => "file:///music%2f..%2fsecret.wav"],
    ["another scheme", () => "data:audio/wav;base64,UklGRg=="],
    ["an empty path", () => " "],
    ["a folder", () => join(music, "album")],
  ])("%s", async (_name, path) => {
    await expect(read(path())).rejects.toMatchObject({ kind: "invalid_input" });
  });

  test("a chain of links that ends outside", async () => {
    await symlink(join(folder, "secret.wav"), join(folder, "second.wav"));
    await symlink(join(folder, "second.wav"), join(music, "first.wav"));
    await expect(read(join(music, "first.wav"))).rejects.toMatchObject({ kind: "forbidden" });
  });

  test("a folder that is a link to the outside", async () => {
    await symlink(join(folder, "music2"), join(music, "escape"));
    await expect(read(join(music, "escape", "secret.wav"))).rejects.toMatchObject({ kind: "forbidden" });
  });

  test.each([
    ["a link to nothing outside", "dangling.wav", "../nothing.wav", []],
    ["what is not there in a folder that is a link to the outside", "leave", "../music2", ["nothing.wav"]],
    ["what is not there below a folder that is not there either", "depart", "../music2", ["nothing", "more.wav"]],
    ["a link to a link to nothing outside", "detour.wav", "dangling.wav", []],
  ])("%s, in the words of what is there", async (_name, link, target, rest) => {
    await symlink(target, join(music, link));
    const there = read(join(folder, "secret.wav")).catch((error: Error) => error.message);
    await expect(read(join(music, link, ...rest))).rejects.toMatchObject({ kind: "forbidden", message: await there });
  });

  test("but a link to nothing inside is not found", async () => {
    await symlink("nothing.wav", join(music, "within.wav"));
    await expect(read(join(music, "within.wav"))).rejects.toMatchObject({ kind: "not_found" });
  });

  test("a link that leads in a circle", async () => {
    await symlink(join(music, "circle-b.wav"), join(music, "circle-a.wav"));
    await symlink(join(music, "circle-a.wav"), join(music, "circle-b.wav"));
    await expect(read(join(music, "circle-a.wav"))).rejects.toMatchObject({ kind: "forbidden" });
  });

  test.skipIf(process.platform === "win32")(
    "a pipe, without waiting for a writer (skipped on Windows: it has none)",
    async () => {
      execFileSync("mkfifo", [join(music, "pipe.wav")]);
      await expect(read(join(music, "pipe.wav"))).rejects.toMatchObject({ kind: "invalid_input" });
    },
  );

  test("a file inside a root that does not exist is not found", async () => {
    await expect(read(join(music, "nothing.wav"))).rejects.toMatchObject({ kind: "not_found" });
  });

  test("messages name no path", async () => {
    const error = await read("/etc/passwd").catch((caught: Error) => caught);
    expect(String(error)).not.toContain("passwd");
  });
});

test("a file that is swapped for a link all the time never gives what lies outside", async () => {
  const target = join(music, "swapped.wav");
  const harmless = join(music, "harmless.wav");
  let swapping = true;
  const swap = async () => {
    while (swapping) {
      await writeFile(harmless, "harmless");
      await rename(harmless, target);
      await symlink(join(folder, "secret.wav"), harmless);
      await rename(harmless, target);
    }
  };
  const swapper = swap();
  const seen = new Set<string>();
  for (let attempt = 0; attempt < 500; attempt++) {
    seen.add(await read(target).catch((error) => error.kind));
  }
  swapping = false;
  await swapper;
  expect(seen).toContain("forbidden");
  for (const result of seen) expect(["harmless", "forbidden", "not_found"]).toContain(result);
});

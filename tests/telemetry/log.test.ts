import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { currentRequestId, withRequestId } from "../../src/telemetry/log.ts";

test("the id of a request goes through everything that the request awaits, and nowhere else", async () => {
  const seen = await Promise.all(
    ["a", "b"].map((id) =>
      withRequestId(id, async () => {
        await new Promise((resolve) => setTimeout(resolve, id === "a" ? 10 : 1));
        return currentRequestId();
      }),
    ),
  );
  expect(seen).toEqual(["a", "b"]);
  expect(currentRequestId()).toBeUndefined();
});

test("lines go to standard error with the request's id, and nothing to standard output", () => {
  const script = `
    import { createLogger, withRequestId } from "./src/telemetry/log.ts";
    const logger = createLogger("info");
    withRequestId("r-1", () => setTimeout(() => logger.info({ tool: "x" }, "inside"), 1));
    logger.info("outside");
    logger.debug("hidden");`;
  const command = `${process.execPath} --input-type=module -e '${script}' 2>&1 >/dev/null`;
  const lines = execFileSync("sh", ["-c", command], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(2);
  expect(lines.find((line) => line.msg === "inside")).toMatchObject({ request_id: "r-1", tool: "x" });
  expect(lines.find((line) => line.msg === "outside")).not.toHaveProperty("request_id");
  expect(
    execFileSync(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "ignore"] }),
  ).toHaveLength(0);
});

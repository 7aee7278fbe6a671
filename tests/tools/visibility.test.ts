import { expect, test } from "vitest";
import { AGENTS } from "../../src/agents/registry.ts";
import { createTools } from "../../src/tools/registry.ts";
import { DEFAULT_TOOLSETS } from "../../src/tools/tool.ts";
import { type VisibilityPolicy, visibleTools } from "../../src/tools/visibility.ts";

const tools = createTools(AGENTS);
const everything: VisibilityPolicy = { toolsets: undefined, tools: undefined, readOnly: false };
const names = (policy: Partial<VisibilityPolicy>) =>
  visibleTools(tools, { ...everything, ...policy }).map((tool) => tool.name);

test("without a policy the default sets are shown, and no other", () => {
  const shown = tools.filter((tool) => DEFAULT_TOOLSETS.includes(tool.toolset));
  expect(shown.length).toBeLessThan(tools.length);
  expect(names({})).toEqual(shown.map((tool) => tool.name));
  expect(names({ toolsets: ["default"] })).toEqual(names({}));
  expect(names({ toolsets: ["default", "gateway", "processing"] })).toHaveLength(tools.length);
});

test("a tool that is named is shown, whatever its set", () => {
  expect(names({ tools: ["doctor", "cost_report"] })).toEqual(["doctor", "cost_report"]);
});

test("a tool set shows its tools only", () => {
  expect(names({ toolsets: ["library"] })).toEqual([
    "add_track",
    "list_tracks",
    "find_tracks",
    "get_track",
    "remove_track",
  ]);
});

test("an allow-list shows what it names", () => {
  expect(names({ tools: ["analyse_rhythm", "doctor"] })).toEqual(["analyse_rhythm", "doctor"]);
});

test("read-only hides what changes something", () => {
  const shown = names({ readOnly: true });
  expect(shown).toContain("analyse_rhythm");
  expect(shown).not.toContain("add_track");
  expect(shown).not.toContain("remove_track");
});

test("all parts of a policy count", () => {
  expect(names({ toolsets: ["library"], tools: ["add_track", "list_tracks", "doctor"], readOnly: true })).toEqual([
    "list_tracks",
  ]);
});

test("a name that does not exist is refused with the names that do", () => {
  expect(() => names({ toolsets: ["music"] })).toThrow(
    /HARK_TOOLSETS.*music.*default, analysis, library, system, gateway, processing/,
  );
  expect(() => names({ tools: ["analyse_colour"] })).toThrow(/HARK_TOOLS.*analyse_colour/);
});

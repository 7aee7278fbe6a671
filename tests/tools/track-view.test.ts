import { expect, test } from "vitest";
import { trackView } from "../../src/tools/track-view.ts";
import { newTrack } from "../storage/new-track.ts";
import { openTestStorage } from "../storage/test-database.ts";

const tracks = (await openTestStorage()).tracksOf("local");

const bitrateOf = async (bitrateBps: number | null) => {
  const template = newTrack({});
  const { track } = await tracks.upsert({ ...template, format: { ...template.format, bitrateBps } });
  return trackView(track).format.bitrate_bps;
};

test("a bitrate is in whole bits, and null where it is not known", async () => {
  expect(await bitrateOf(357_577.1076923077)).toBe(357_577);
  expect(await bitrateOf(null)).toBeNull();
});

/** The input field by which every tool that works on a track names it. */
import { z } from "zod";

export const TRACK_REFERENCE = z.string().min(1).max(4096).describe("Track id or file path");

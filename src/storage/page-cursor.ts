/** Cursors of pages that are ordered by time and id: where the page before ended. */
import { z } from "zod";
import { AppError } from "../errors.ts";
import { storableText } from "./stored-json.ts";

export interface PagePosition {
  readonly time: Date;
  readonly id: string;
}

const content = z.tuple([z.int().min(0).max(8.64e15), z.string().max(100)]);

/** The cursor of what comes after an item. */
export function pageCursor({ time, id }: PagePosition): string {
  return Buffer.from(JSON.stringify([time.getTime(), id])).toString("base64url");
}

/** @throws AppError invalid_input for a text that `pageCursor` did not give. */
export function parsePageCursor(cursor: string): PagePosition {
  try {
    const [milliseconds, id] = content.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
    return { time: new Date(milliseconds), id: storableText(id) };
  } catch (cause) {
    const message = "The cursor is not one that a list gave. Pass next_cursor as it was, or none for the first page.";
    throw new AppError("invalid_input", message, { cause });
  }
}

/** What goes over the chat's WebSocket, besides the question router's events. */
import { z } from "zod";
import { ERROR_KINDS } from "../errors.ts";
import { TRACK_VIEW } from "../tools/track-view.ts";
import { QUESTION_REQUEST } from "./question-request.ts";

/** From the client. */
export const CHAT_MESSAGE = z.discriminatedUnion("type", [
  QUESTION_REQUEST.extend({ type: z.literal("question") }),
  z.strictObject({ type: z.literal("cancel") }),
]);

export const STATUS_EVENT = z.object({
  type: z.literal("status"),
  status: TRACK_VIEW.shape.status,
  track: TRACK_VIEW,
});

export const THINKING_EVENT = z.object({
  type: z.literal("thinking"),
  agent: z.string().nullable().describe("That has ended; null while the recording is measured for all"),
  message: z.string(),
  share: z.number().min(0).max(1).nullable().describe("Of the recording; null while it cannot be known"),
  agents_done: z.number().int(),
  agents_total: z.number().int(),
});

/** A message was not taken. A question that is being answered goes on. */
export const REFUSED_EVENT = z.object({
  type: z.literal("error"),
  kind: z.enum(ERROR_KINDS),
  message: z.string(),
  refused: z.literal(true),
});

export type StatusEvent = z.output<typeof STATUS_EVENT>;
export type ThinkingEvent = z.output<typeof THINKING_EVENT>;
export type RefusedEvent = z.output<typeof REFUSED_EVENT>;

/** A close reason's most bytes (RFC 6455, section 5.5). */
const REASON_BYTES = 123;

/** A message as a reason to close, cut where it is too long for one. */
export function closeReason(message: string): string {
  return Buffer.byteLength(message) <= REASON_BYTES ? message : `${message.slice(0, REASON_BYTES / 3)}…`;
}

/** Close codes of our own; 4001 and 4003 are as 401 and 403, 4004 as 404. */
export const CLOSE = { unauthorised: 4001, forbidden: 4003, notFound: 4004 } as const;

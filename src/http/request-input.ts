/** What requests bring: JSON bodies, and queries as arguments. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Context, MiddlewareHandler } from "hono";
import { z } from "zod";
import { AppError } from "../errors.ts";
import { HttpError } from "./problem.ts";

/**
 * Reads a body whole, so that all behind it find it read. The server's own limit is made for uploads and lasts for hours.
 * @throws AppError invalid_input (408) for one that has not come in time.
 */
export function wholeBody(mostMs: number): MiddlewareHandler {
  return async ({ req }, next) => {
    if (req.method === "GET" || req.method === "HEAD") return next();
    const isRead = new AbortController();
    const late = sleep(mostMs, null, { signal: isRead.signal, ref: false }).catch(() => null);
    const body = await Promise.race([req.text(), late]).finally(() => isRead.abort());
    if (body === null) throw tooSlow(mostMs);
    return next();
  };
}

function tooSlow(mostMs: number): AppError {
  const message = `The body did not come whole within ${mostMs / 1000} s. Send the request again.`;
  return new HttpError(408, "invalid_input", message);
}

/** The request's JSON; an empty body is an empty object. @throws AppError invalid_input for anything else. */
export async function jsonBody(context: Context): Promise<unknown> {
  const text = await context.req.text();
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("invalid_input", "The body is not JSON. Send an object with the arguments.", { cause });
  }
}

/** A body that fits a schema. @throws AppError invalid_input naming each wrong field and what is taken. */
export async function parsedBody<Schema extends z.ZodObject>(
  context: Context,
  schema: Schema,
): Promise<z.output<Schema>> {
  const parsed = schema.safeParse(await jsonBody(context));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  const accepted = Object.keys(schema.shape).join(", ");
  throw new AppError("invalid_input", `This cannot be taken. ${problems.join("; ")}. Fields: ${accepted}.`);
}

/** A query's fields, as numbers where the schema takes no text. What does not fit is left for the schema to refuse. */
export function queryArguments(context: Context, schema: z.ZodObject): Record<string, unknown> {
  const entries = Object.entries(context.req.query()).map(([name, text]) => {
    const field = schema.shape[name];
    const isText = field === undefined || text.trim() === "" || z.safeParse(field, text).success;
    return [name, isText || Number.isNaN(Number(text)) ? text : Number(text)];
  });
  return Object.fromEntries(entries);
}

/** `hark://routes/{id}`: one choice of a model, with all that it was made from and what came of it. */
import { AppError } from "../errors.ts";
import { wireName } from "../tools/wire-name.ts";
import type { Resource } from "./resource.ts";

export const routeResource: Resource = {
  name: "route",
  title: "Route decision",
  description: "Why a language model was chosen: candidates, reasons of the filters, parts of the scores, the outcome.",
  uriTemplate: "hark://routes/{id}",
  mimeType: "application/json",

  async read({ id = "" }, { services }) {
    const decision = await (await services.gateway()).findRoute(id);
    if (decision === null) {
      throw new AppError("not_found", `There is no route "${id.slice(0, 40)}". route_model gives the ids.`);
    }
    const { request, candidates, chosen, outcome, createdAt } = decision;
    const { owner: _owner, keyId: _key, sessionId: _session, ...asked } = request;
    return {
      route_id: id,
      created_at: createdAt.toISOString(),
      chosen,
      request: wire(asked),
      candidates,
      outcome: wire(outcome),
    };
  },
};

/** Stored objects with the names of the wire, at every depth. */
function wire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(wire);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [wireName(name), wire(inner)]));
}

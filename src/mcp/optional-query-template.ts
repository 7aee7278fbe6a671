/** A URI template whose `{?a,b}` may be left out, in part or whole, and given in any order (RFC 6570, 3.2.8). */
import { UriTemplate, type Variables } from "@modelcontextprotocol/server";

/** The SDK's own matching wants every query variable, in the template's order. */
export class OptionalQueryTemplate extends UriTemplate {
  readonly #path: UriTemplate;
  readonly #queryNames: readonly string[];

  constructor(template: string) {
    super(template);
    const [, names = ""] = /\{\?([^}]*)\}$/.exec(template) ?? [];
    this.#path = new UriTemplate(template.replace(/\{\?[^}]*\}$/, ""));
    this.#queryNames = names.split(",").filter((name) => name !== "");
  }

  override match(uri: string): Variables | null {
    const [path = "", query = ""] = uri.split("?", 2);
    const variables = this.#path.match(path);
    if (variables === null) return null;
    const given = [...new URLSearchParams(query)].filter(([name]) => this.#queryNames.includes(name));
    return { ...variables, ...Object.fromEntries(given) };
  }
}

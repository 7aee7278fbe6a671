/** A URI template whose `{?a,b}` may be left out, in part or whole, and given in any order (RFC 6570, 3.2.8). */
import { UriTemplate, type Variables } from "@modelcontextprotocol/server";

/** The SDK's own matching wants every query variable, in the template's order. */
export class OptionalQueryTemplate extends UriTemplate {
  readonly #path: UriTemplate;
  readonly #hasQuery: boolean;

  constructor(template: string) {
    super(template);
    this.#path = new UriTemplate(template.replace(/\{\?[^}]*\}$/, ""));
    this.#hasQuery = template.includes("{?");
  }

  override match(uri: string): Variables | null {
    const [path = "", query = ""] = uri.split("?", 2);
    const variables = this.#path.match(path);
    if (variables === null) return null;
    // Unknown names too, so that the resource can refuse a misspelt one; none may take the place of a variable of the path.
    const given = this.#hasQuery ? [...new URLSearchParams(query)] : [];
    return { ...Object.fromEntries(given), ...variables };
  }
}

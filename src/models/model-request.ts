/** One request for a model's file. */
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { AppError } from "../errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const HUGGING_FACE = "https://huggingface.co";
const MOST_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

interface RequestOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in either case, are read from it. */
  readonly environment: Environment;
  /** The connection is given up when nothing arrives for so long. */
  readonly idleMs: number;
}

/** The address under which a file is asked for: Hugging Face's own are moved to the mirror that HF_ENDPOINT names. */
export function addressOf(url: string, { HF_ENDPOINT }: Environment): URL {
  const address = new URL(url);
  if (HF_ENDPOINT === undefined || address.origin !== HUGGING_FACE) return address;
  const mirror = URL.parse(HF_ENDPOINT);
  if (mirror === null || !/^https?:$/.test(mirror.protocol)) {
    throw new AppError("invalid_input", "HF_ENDPOINT is not an address. It takes one like https://huggingface.co.");
  }
  return new URL(`${mirror.href.replace(/\/+$/, "")}${address.pathname}${address.search}`);
}

/**
 * Asks for a file and gives the response with its body unread; `release` ends the connection. Not by `fetch`, because a proxy for it can
 * only be set for the whole process, and language models on this machine are not to be reached through one.
 * @throws AppError upstream for redirects that lead in circles or to an unprotected address; whatever the connection throws.
 */
export async function requestFile(
  address: URL,
  options: RequestOptions,
): Promise<{ readonly response: IncomingMessage; release(): void }> {
  const agents = [new http.Agent(agentOptions(options)), new https.Agent(agentOptions(options))] as const;
  const release = () => {
    for (const agent of agents) agent.destroy();
  };
  try {
    return { response: await follow(address, options, agents), release };
  } catch (error) {
    release();
    throw error;
  }
}

function agentOptions({ environment }: RequestOptions): http.AgentOptions {
  return { keepAlive: false, proxyEnv: { ...environment } };
}

async function follow(
  first: URL,
  options: RequestOptions,
  agents: readonly [http.Agent, https.Agent],
): Promise<IncomingMessage> {
  let address = first;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const response = await get(address, options, agents);
    const { location } = response.headers;
    if (!REDIRECTS.has(response.statusCode ?? 0) || location === undefined) return response;
    response.destroy();
    const next = URL.parse(location, address.href);
    const isAllowed = next?.protocol === "https:" || (next?.protocol === "http:" && address.protocol === "http:");
    if (next === null || !isAllowed) {
      throw new AppError(
        "upstream",
        "The model's server redirects to an address that is not protected. Get it by hand.",
      );
    }
    address = next;
  }
  throw new AppError("upstream", "The model's server redirects without end. Try later, or get the file by hand.");
}

function get(
  address: URL,
  { headers, signal, idleMs }: RequestOptions,
  [plain, secure]: readonly [http.Agent, https.Agent],
): Promise<IncomingMessage> {
  const isSecure = address.protocol === "https:";
  const options = { headers, signal, agent: isSecure ? secure : plain, timeout: idleMs };
  return new Promise((resolve, reject) => {
    const request = (isSecure ? https : http).get(address, options, resolve);
    request.once("timeout", () => request.destroy(new Error("nothing arrived for too long")));
    request.once("error", reject);
  });
}

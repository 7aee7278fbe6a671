/** Refuses to serve where strangers could reach what needs no credential. */
import { AppError } from "../errors.ts";

const LOOPBACK = new Set(["127.0.0.1", "localhost", "::1"]);
const ANY_ADDRESS = new Set(["0.0.0.0", "::"]);

export interface Exposure {
  readonly host: string;
  readonly allowedHosts: readonly string[];
  /** Whether every request needs a credential. */
  readonly isRequired: boolean;
}

/**
 * Loopback is for the user of this machine. Another address, or another Host name (which a proxy on this machine would pass on), needs
 * authentication; an address that is no name needs the names under which the server may be asked.
 * @throws AppError invalid_input that says which setting to change.
 */
export function checkExposure({ host, allowedHosts, isRequired }: Exposure): void {
  const isOpen = !LOOPBACK.has(host);
  if (isOpen && !isRequired) {
    throw new AppError(
      "invalid_input",
      `HARK_HOST is ${host}, which others can reach, and requests without a credential would be taken for this machine's user. Set HARK_AUTH=required and make keys with \`hark keys create\`, or use 127.0.0.1, localhost or ::1.`,
    );
  }
  if (allowedHosts.length > 0 && !isRequired) {
    throw new AppError(
      "invalid_input",
      "HARK_ALLOWED_HOSTS lets requests for other hosts in, and those without a credential would be taken for this machine's user. Set HARK_AUTH=required too, or unset it.",
    );
  }
  if (ANY_ADDRESS.has(host) && allowedHosts.length === 0) {
    throw new AppError(
      "invalid_input",
      `HARK_HOST is ${host}, so Hark cannot know by which name it is asked. Set HARK_ALLOWED_HOSTS to its host names or addresses, separated by commas.`,
    );
  }
}

/** The names that a request may ask for, beside localhost: the address itself is one, unless it stands for all. */
export function exposedHosts({ host, allowedHosts }: Omit<Exposure, "isRequired">): string[] {
  const own = LOOPBACK.has(host) || ANY_ADDRESS.has(host) ? [] : [host.includes(":") ? `[${host}]` : host];
  return [...new Set([...own, ...allowedHosts])];
}

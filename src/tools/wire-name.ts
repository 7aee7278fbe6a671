/** From names in code to names on the wire. */

/** camelCase as snake_case. */
export function wireName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

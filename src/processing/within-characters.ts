/** Keeps results small enough for a language model; the whole is in the files. */

/** As many items from the beginning as fit into a number of characters of JSON. */
export function withinCharacters<Item>(items: readonly Item[], characters: number): Item[] {
  const kept: Item[] = [];
  let left = characters;
  for (const item of items) {
    left -= JSON.stringify(item).length + 1;
    if (left < 0) break;
    kept.push(item);
  }
  return kept;
}

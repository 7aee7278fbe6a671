/** Names for outputs, from the names of their sources. */

const LONGEST_CHARACTERS = 120;

/** `Song - vocals.wav` from `Song.mp3`: without what a file system or a shell takes amiss, and not too long. */
export function outputFilename(source: string, role: string, extension: string): string {
  const stem = source
    .replace(/\.[^.\\/]{1,8}$/, "")
    .normalize("NFC")
    // Control characters, and what Windows forbids.
    .replaceAll(/[\p{C}<>:"/\\|?*]/gu, "_")
    .replace(/^[\s.]+/, "")
    .slice(0, LONGEST_CHARACTERS)
    .replace(/[\s.\uD800-\uDBFF]+$/, "");
  return `${stem === "" ? "recording" : stem} - ${role}.${extension}`;
}

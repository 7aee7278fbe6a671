/** Uploads for tests that are about something else. */

/** Uploads a recording; its track's id. */
export async function uploadTrack(url: string, wav: Buffer, filename = "a.wav"): Promise<string> {
  const form = new FormData();
  form.append("file", new Blob([new Uint8Array(wav)]), filename);
  const response = await fetch(`${url}/v1/tracks`, { method: "POST", body: form });
  if (!response.ok) throw new Error(`upload: ${response.status} ${await response.text()}`);
  return String(Object(await response.json()).track_id);
}

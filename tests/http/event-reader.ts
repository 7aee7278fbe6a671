/** Reads server-sent events as they come. */

export interface ServerSentEvent {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** The events of a response. @throws when a block is neither an event nor a comment. */
export async function* readEvents(response: Response): AsyncGenerator<ServerSentEvent, void, undefined> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      if (block.startsWith(":")) continue;
      const [, event, data] = /^event: (\w+)\ndata: ([^\n]*)$/.exec(block) ?? [];
      if (event === undefined || data === undefined) throw new Error(`no event: ${block}`);
      yield { event, data: JSON.parse(data) };
    }
  }
  if (text !== "") throw new Error(`left over: ${text}`);
}

export async function allEvents(response: Response): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  for await (const event of readEvents(response)) events.push(event);
  return events;
}

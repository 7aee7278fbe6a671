/** Writes a standard MIDI file (MIDI 1.0, format 1) whose beats are those of the recording. */

export interface MidiNote {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly midi: number;
  /** 1 to 127. */
  readonly velocity: number;
}

interface MidiEvent {
  readonly tick: number;
  /** Of events at one tick the lower comes first: a note ends before the next of its key begins. */
  readonly order: number;
  readonly bytes: readonly number[];
}

const TICKS_PER_BEAT = 480;
const DEFAULT_BEAT_SECONDS = 0.5;
const MICROSECONDS = 1_000_000;
const MAX_TEMPO_MICROSECONDS = 0xffffff;

/**
 * The file: a track of tempo (one event a beat, so that every beat of the recording is a beat of the score) and one of notes.
 * Fewer than two beats: 120 BPM throughout. @param beats Seconds, ascending. @param beatsPerBar Null where it is not known.
 */
export function midiFile(notes: readonly MidiNote[], beats: readonly number[], beatsPerBar: number | null): Buffer {
  const map = tempoMap(beats);
  const tempo: MidiEvent[] = map.spans.map(({ tick, beatSeconds }) => {
    const microseconds = Math.min(MAX_TEMPO_MICROSECONDS, Math.round(beatSeconds * MICROSECONDS));
    return {
      tick,
      order: 0,
      bytes: [0xff, 0x51, 3, (microseconds >> 16) & 255, (microseconds >> 8) & 255, microseconds & 255],
    };
  });
  if (beatsPerBar !== null) tempo.push({ tick: 0, order: 0, bytes: [0xff, 0x58, 4, beatsPerBar, 2, 24, 8] });
  const sounds = notes.flatMap(({ startSeconds, endSeconds, midi, velocity }): MidiEvent[] => {
    const start = map.tickOf(startSeconds);
    const end = Math.max(start + 1, map.tickOf(endSeconds));
    return [
      { tick: start, order: 1, bytes: [0x90, midi, velocity] },
      { tick: end, order: 0, bytes: [0x80, midi, 0] },
    ];
  });
  const head = Buffer.from([0, 1, 0, 2, TICKS_PER_BEAT >> 8, TICKS_PER_BEAT & 255]);
  return Buffer.concat([chunk("MThd", head), track(tempo), track(sounds)]);
}

/** Spans of constant tempo from tick 0 on; the beats before the first are as long as its interval, stretched to begin at 0. */
function tempoMap(beats: readonly number[]) {
  const spans: { tick: number; startSeconds: number; beatSeconds: number }[] = [];
  if (beats.length < 2) spans.push({ tick: 0, startSeconds: 0, beatSeconds: DEFAULT_BEAT_SECONDS });
  else {
    const before = Math.round(beats[0] / (beats[1] - beats[0]));
    const lead = beats[0] > 0 ? Math.max(1, before) : 0;
    if (lead > 0) spans.push({ tick: 0, startSeconds: 0, beatSeconds: beats[0] / lead });
    for (let beat = 0; beat + 1 < beats.length; beat++) {
      const tick = (lead + beat) * TICKS_PER_BEAT;
      spans.push({ tick, startSeconds: beats[beat], beatSeconds: beats[beat + 1] - beats[beat] });
    }
  }
  return {
    spans,
    tickOf(seconds: number): number {
      const span = spans.findLast(({ startSeconds }) => startSeconds <= seconds) ?? spans[0];
      return Math.max(0, Math.round(span.tick + ((seconds - span.startSeconds) / span.beatSeconds) * TICKS_PER_BEAT));
    },
  };
}

function track(events: readonly MidiEvent[]): Buffer {
  const bytes: number[] = [];
  let last = 0;
  for (const event of events.toSorted((a, b) => a.tick - b.tick || a.order - b.order)) {
    bytes.push(...variableLength(event.tick - last), ...event.bytes);
    last = event.tick;
  }
  return chunk("MTrk", Buffer.from([...bytes, 0, 0xff, 0x2f, 0]));
}

function chunk(name: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, "latin1");
  head.writeUInt32BE(content.length, 4);
  return Buffer.concat([head, content]);
}

/** Seven bits a byte, the highest first; all but the last have the eighth set. */
function variableLength(value: number): number[] {
  const bytes = [value & 127];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 127) | 128);
  return bytes;
}

import type { Khlone, Stream, StreamHistoryResult, StreamOutcome, StreamPiece } from '../../client/index.js';
import type { Size } from '../input.js';
import { Cast } from './cast.js';
import type { CastSink } from './castFile.js';

/** What was recorded. */
export interface Recorded {
  readonly clone: string;
  /** From the first event to the last. */
  readonly durationMs: number;
  /** Bytes of output. */
  readonly bytes: number;
  /** How the stream ended, of a recording that went on until then. */
  readonly outcome?: StreamOutcome;
  /** Bytes before the recording that are no longer kept. */
  readonly missing?: number;
}

/** What clones' terminals call themselves; the daemon sets it for their programs. */
const terminalType = 'xterm-256color';

/** Resets a terminal, for a screen that is drawn anew in the middle of a recording. */
const fullReset = '\u001bc';

/** Opens the place for the recording, once there is something to record. */
export type OpenSink = () => Promise<CastSink>;

/** Records what comes, from the screen as it is until the stream ends. */
export async function recordLive(stream: Stream<Buffer>, openSink: OpenSink): Promise<Recorded> {
  const startMs = Date.now();
  const { cast, header } = Cast.begin({
    at: startMs,
    cols: stream.cols,
    rows: stream.rows,
    title: stream.clone,
    type: terminalType,
  });
  await using sink = await openSink();
  await sink.append(header);
  let size: Size = { cols: stream.cols, rows: stream.rows };
  let begun = false;
  let bytes = 0;
  const lines = (piece: StreamPiece<Buffer>, at: number): string => {
    switch (piece.type) {
      case 'data':
        bytes += piece.data.length;
        return cast.output(at, piece.data);
      case 'resized':
        size = { cols: piece.cols, rows: piece.rows };
        return cast.resized(at, size);
      case 'snapshot': {
        const { cols, rows, data } = piece.snapshot;
        const drawing = Buffer.from(begun ? fullReset + data : data);
        const resized = cols === size.cols && rows === size.rows ? '' : cast.resized(at, { cols, rows });
        size = { cols, rows };
        begun = true;
        return resized + cast.output(at, drawing);
      }
      case 'disconnected':
      case 'reconnected':
        return '';
    }
  };
  for await (const piece of stream) {
    const text = lines(piece, Date.now());
    if (text !== '') await sink.append(text);
  }
  const endMs = Date.now();
  const outcome = await stream.ended;
  const exited = outcome.reason === 'exited' && outcome.exit !== undefined;
  await sink.append(exited ? cast.exited(endMs, outcome.exit) : cast.end(endMs));
  return { clone: stream.clone, durationMs: endMs - startMs, bytes, outcome };
}

/** Size of a terminal whose history does not say it. */
const unknownSize: Size = { cols: 80, rows: 24 };

/** Exports what is kept of a clone's terminal: of the program that runs, or of the last that ran. */
export async function recordHistory(khlone: Khlone, who: string, openSink: OpenSink): Promise<Recorded> {
  let page = await khlone.stream.history({ who });
  const { clone, run } = page;
  const startMs = startOf(page);
  const first = page.entries.find((entry) => entry.type === 'resize');
  const { cols, rows } = first ?? unknownSize;
  const { cast, header } = Cast.begin({ at: startMs, cols, rows, title: clone, type: terminalType });
  await using sink = await openSink();
  await sink.append(header);
  let bytes = 0;
  let lastMs = startMs;
  for (;;) {
    let lines = '';
    for (const entry of page.entries) {
      lastMs = Date.parse(entry.at);
      if (entry.type === 'output') {
        const data = Buffer.from(entry.data, 'base64');
        bytes += data.length;
        lines += cast.output(lastMs, data);
      } else if (entry !== first) lines += cast.resized(lastMs, entry);
    }
    if (lines !== '') await sink.append(lines);
    if (!page.more) break;
    page = await khlone.stream.history({ who: clone, from: { run, offset: page.next } });
  }
  await sink.append(cast.end(lastMs));
  const missing = page.next - bytes;
  return { clone, durationMs: lastMs - startMs, bytes, ...(missing > 0 && { missing }) };
}

function startOf({ entries: [first] }: StreamHistoryResult): number {
  return first === undefined ? Date.now() : Date.parse(first.at);
}

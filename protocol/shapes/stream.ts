import { z } from 'zod';
import { count, meta, time } from './common.js';

/** Columns or rows of a terminal; more than a thousand is a mistake, and costs memory for each cell. */
const cells = z.number().int().min(1).max(1000);

export const TerminalSize = z.object({ cols: cells, rows: cells }).describe('Size of a terminal, in cells.');
export type TerminalSize = z.infer<typeof TerminalSize>;

export const StreamId = z
  .string()
  .min(1)
  .max(100)
  .describe('The id of a stream; it ends with its connection.');

export const RunId = z
  .string()
  .min(1)
  .max(100)
  .describe("Names one life of a clone's terminal, from its start to the end of its program.");

/** A byte's place in the output of one run. */
export const offset = count.describe('Bytes from the start of the run.');

export const StreamEncoding = z
  .enum(['text', 'base64'])
  .describe(
    '`text` (the default): UTF-8, characters never cut in two, invalid bytes replaced. `base64`: the exact bytes.',
  );
export type StreamEncoding = z.infer<typeof StreamEncoding>;

export const Snapshot = z
  .object({
    cols: cells,
    rows: cells,
    offset: offset.describe('The screen is as it was before this byte; data goes on from here.'),
    data: z
      .string()
      .describe(
        'Text with escape sequences that draws the screen and sets its modes on a cleared terminal of this size, the scrollback first.',
      ),
    title: z.string().optional(),
    _meta: meta,
  })
  .describe('A screen at one instant.');
export type Snapshot = z.infer<typeof Snapshot>;

export const Lane = z
  .object({
    socket: z.string().describe('Path of a socket on the machine of the daemon.'),
    token: z.string().describe('What to say there first: 16 bytes in hex, good for one connection.'),
    _meta: meta,
  })
  .describe(
    "A way past the daemon, to the process that holds the terminal: keys and output as plain bytes (docs/lanes.md has its frames). While it is there no `stream/data` comes; `stream/rejoin` goes back to the daemon's way.",
  );
export type Lane = z.infer<typeof Lane>;

export const StreamEnd = z
  .enum(['exited', 'detached', 'takenOver', 'stalled', 'posture', 'retired', 'stopping'])
  .describe(
    'Why a stream ended: the program `exited`; the client `detached`; another talker has `takenOver`; the client did not read and `stalled`; the clone changed its `posture`, as for a task; it was `retired`; the daemon is `stopping`.',
  );
export type StreamEnd = z.infer<typeof StreamEnd>;

export const HistoryEntry = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('output'), at: time, offset, data: z.string().describe('Bytes, as base64.') }),
    z.object({ type: z.literal('resize'), at: time, offset, cols: cells, rows: cells }),
  ])
  .describe('A piece of what a terminal has shown, or a change of its size.');
export type HistoryEntry = z.infer<typeof HistoryEntry>;

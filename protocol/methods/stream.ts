import { z } from 'zod';
import { notification, request } from '../row.js';
import { CloneName, count, Empty, meta, Who } from '../shapes/common.js';
import {
  HistoryEntry,
  Lane,
  offset,
  RunId,
  Snapshot,
  StreamEncoding,
  StreamEnd,
  StreamId,
  TerminalSize,
} from '../shapes/stream.js';

const run = '0123456789abcdef';
const opened = ['clone/enroll', 'stream/attach'];
const stream = '$stream/attach.stream';

/** Most bytes of one write, as they are sent. */
const maxWriteLength = 2 * 1024 * 1024;

const exampleSnapshot: z.input<typeof Snapshot> = {
  cols: 80,
  rows: 24,
  offset: 42,
  data: '\u001b[1mdemo\u001b[0m > ',
  title: 'khlone demo',
};

export const streamAttach = request({
  name: 'stream/attach',
  summary:
    "Attaches to a clone's terminal: the screen as it is, then every byte from there. `talk` opens the terminal where there is none, on the clone's own conversation; its tasks queue meanwhile.",
  capability: 'streams',
  express: true,
  params: z.object({
    who: Who,
    mode: z.enum(['talk', 'watch']).describe('`talk` types and sets the size, `watch` reads only.'),
    ...TerminalSize.partial().shape,
    encoding: StreamEncoding.optional(),
    scrollback: z
      .number()
      .int()
      .min(0)
      .max(10_000)
      .optional()
      .describe('Lines above the screen to have in snapshots; 0 by default.'),
    takeover: z.boolean().optional().describe('Take the place of the talker there is.'),
    wait: z
      .boolean()
      .optional()
      .describe('Let a running turn end first (the default); `false` fails with cloneBusy instead.'),
    now: z.boolean().optional().describe('Interrupt a running turn instead of waiting for it.'),
    queries: z
      .enum(['client', 'daemon'])
      .optional()
      .describe(
        "Who answers the program's questions to its terminal while this talker is attached: a real terminal does so by itself (`client`, the default); a script leaves it to the `daemon`.",
      ),
    lossless: z
      .boolean()
      .optional()
      .describe(
        'Send every byte however slowly they are read, as long as they are kept, instead of a fresh screen to a reader that is behind.',
      ),
    lane: z
      .boolean()
      .optional()
      .describe(
        'This client can take a lane: a faster way past the daemon, where there is one. Clients that know none leave it out.',
      ),
    from: z
      .object({ run: RunId, offset })
      .optional()
      .describe('Where an earlier stream broke off: go on there, without a snapshot, if that is still kept.'),
    _meta: meta,
  }),
  result: z.object({
    stream: StreamId,
    clone: CloneName,
    run: RunId,
    ...TerminalSize.shape,
    offset: offset.describe('Where the data will go on.'),
    snapshot: Snapshot.optional().describe('Missing where `from` was taken up.'),
    lane: Lane.optional().describe(
      'Where the data will come instead of as `stream/data`, if that was asked for.',
    ),
    _meta: meta,
  }),
  errors: [
    'cloneNotFound',
    'cloneAmbiguous',
    'cloneRetired',
    'cloneFailed',
    'cloneReadOnly',
    'cloneBusy',
    'capabilityMissing',
    'environmentMissing',
    'brainMissing',
    'brainDied',
    'brainError',
    'zoneInvalid',
    'noTerminal',
    'streamTaken',
    'limitReached',
    'storageFailed',
  ],
  example: {
    after: ['clone/enroll'],
    params: { who: 'mechanic.1', mode: 'talk', cols: 80, rows: 24 },
    result: {
      stream: 'x_1',
      clone: 'mechanic.1',
      run,
      cols: 80,
      rows: 24,
      offset: 42,
      snapshot: exampleSnapshot,
    },
  },
});

const streamErrors = ['streamNotFound', 'streamEnded'] as const;

export const streamWrite = request({
  name: 'stream/write',
  summary: 'Types into the terminal. Answered once the bytes are on their way to the program.',
  capability: 'streams',
  express: true,
  params: z.object({
    stream: StreamId,
    data: z.string().max(maxWriteLength).describe("In the stream's encoding."),
    _meta: meta,
  }),
  result: Empty,
  errors: [...streamErrors, 'streamReadOnly', 'inputFull'],
  example: { after: opened, params: { stream, data: 'hello\r' }, result: {} },
});

export const streamResize = request({
  name: 'stream/resize',
  summary: "Sets the terminal's size; every viewer is told.",
  capability: 'streams',
  express: true,
  params: z.object({ stream: StreamId, ...TerminalSize.shape, _meta: meta }),
  result: Empty,
  errors: [...streamErrors, 'streamReadOnly'],
  example: { after: opened, params: { stream, cols: 100, rows: 30 }, result: {} },
});

export const streamAck = request({
  name: 'stream/ack',
  summary:
    'Says up to which byte the stream was read. More is sent only while less than the credit is unread; whoever says nothing for 30 s with the credit used up is let go.',
  capability: 'streams',
  express: true,
  params: z.object({ stream: StreamId, offset, _meta: meta }),
  result: Empty,
  errors: [...streamErrors, 'ackInvalid'],
  example: {
    after: opened,
    params: { stream, offset: '$stream/attach.offset' as unknown as number },
    result: {},
  },
});

export const streamResync = request({
  name: 'stream/resync',
  summary: 'Asks for the screen anew: `stream/resynced` comes in its place in the stream.',
  capability: 'streams',
  express: true,
  params: z.object({ stream: StreamId, _meta: meta }),
  result: Empty,
  errors: streamErrors,
  example: { after: opened, params: { stream }, result: {} },
});

export const streamRejoin = request({
  name: 'stream/rejoin',
  summary:
    'Says that a lane has ended, or was not to be had, and up to where the client got: the stream goes on through the daemon from there. Does nothing where there is none.',
  capability: 'streams',
  express: true,
  params: z.object({
    stream: StreamId,
    offset: offset.describe('After the last byte the client has.'),
    ...TerminalSize.shape,
    _meta: meta,
  }),
  result: Empty,
  errors: [...streamErrors, 'ackInvalid'],
  example: {
    after: opened,
    params: { stream, offset: '$stream/attach.offset' as unknown as number, cols: 80, rows: 24 },
    result: {},
  },
});

export const streamDetach = request({
  name: 'stream/detach',
  summary: "Ends a stream of this connection. The clone's terminal lives on.",
  capability: 'streams',
  express: true,
  params: z.object({ stream: StreamId, _meta: meta }),
  result: Empty,
  errors: streamErrors,
  example: { after: opened, params: { stream }, result: {} },
});

export const streamScreen = request({
  name: 'stream/screen',
  summary: "Tells what a clone's terminal shows now, as text.",
  capability: 'streams',
  params: z.object({
    who: Who,
    scrollback: z
      .number()
      .int()
      .min(0)
      .max(10_000)
      .optional()
      .describe('Lines above the screen; 0 by default.'),
    ansi: z.boolean().optional().describe('With the escape sequences that draw it, too.'),
    _meta: meta,
  }),
  result: z.object({
    clone: CloneName,
    run: RunId,
    ...TerminalSize.shape,
    offset,
    text: z.string().describe('Lines joined by line feeds, without blanks at their ends.'),
    ansi: z.string().optional(),
    cursor: z
      .object({ x: count, y: count, visible: z.boolean() })
      .describe('In cells from the top left, from 0.'),
    title: z.string(),
    alternate: z.boolean().describe('Whether the program uses the alternate screen.'),
    _meta: meta,
  }),
  errors: ['cloneNotFound', 'cloneAmbiguous', 'noTerminal'],
  example: {
    after: opened,
    params: { who: 'mechanic.1' },
    result: {
      clone: 'mechanic.1',
      run,
      cols: 80,
      rows: 24,
      offset: 42,
      text: 'demo >',
      cursor: { x: 2, y: 23, visible: true },
      title: 'khlone demo',
      alternate: true,
    },
  },
});

export const streamHistory = request({
  name: 'stream/history',
  summary:
    "Reads what a clone's terminal has shown, with its times: the run that lives, else the last that ended. Of a long run the oldest part is no longer kept.",
  capability: 'streams',
  params: z.object({
    who: Who,
    from: z
      .object({ run: RunId, offset })
      .optional()
      .describe('Where to go on; the start of what is kept by default.'),
    _meta: meta,
  }),
  result: z.object({
    clone: CloneName,
    run: RunId,
    live: z.boolean().describe('Whether the program still runs.'),
    entries: z.array(HistoryEntry),
    next: offset.describe('Where to go on.'),
    more: z.boolean().describe('Whether more is there already.'),
    _meta: meta,
  }),
  errors: ['cloneNotFound', 'cloneAmbiguous', 'noTerminal', 'storageFailed'],
  example: {
    after: opened,
    params: { who: 'mechanic.1' },
    result: {
      clone: 'mechanic.1',
      run,
      live: true,
      entries: [
        { type: 'resize', at: '2026-11-21T09:00:00.000Z', offset: 0, cols: 80, rows: 24 },
        { type: 'output', at: '2026-11-21T09:00:00.120Z', offset: 0, data: 'ZGVtbyA+IA==' },
      ],
      next: 42,
      more: false,
    },
  },
});

export const streamData = notification({
  name: 'stream/data',
  summary: "The terminal's output, in order and without a gap.",
  capability: 'streams',
  params: z.object({
    stream: StreamId,
    offset: offset.describe('Of the first byte of `data`.'),
    end: offset.describe('After the last byte of `data`: what to acknowledge.'),
    data: z.string().describe("In the stream's encoding."),
    _meta: meta,
  }),
  example: {
    after: [...opened, 'stream/write'],
    params: { stream: 'x_1', offset: 42, end: 47, data: 'hello' },
  },
});

export const streamResized = notification({
  name: 'stream/resized',
  summary: 'The terminal has another size from this byte on.',
  capability: 'streams',
  params: z.object({ stream: StreamId, offset, ...TerminalSize.shape, _meta: meta }),
  example: {
    after: [...opened, 'stream/resize'],
    params: { stream: 'x_1', offset: 42, cols: 100, rows: 30 },
  },
});

export const streamResynced = notification({
  name: 'stream/resynced',
  summary:
    'The screen anew, in place of what the client was too slow to read, or on request: clear the terminal and draw it. Data goes on from its offset.',
  capability: 'streams',
  params: z.object({
    stream: StreamId,
    reason: z.enum(['slow', 'asked', 'lost']).describe('`lost`: bytes are no longer kept.'),
    snapshot: Snapshot,
    lane: Lane.optional().describe('A new lane, for a client that can take one: the data goes on there.'),
    _meta: meta,
  }),
  example: {
    after: [...opened, 'stream/resync'],
    params: { stream: 'x_1', reason: 'asked', snapshot: exampleSnapshot },
  },
});

export const streamEnded = notification({
  name: 'stream/ended',
  summary: 'The stream is over: nothing more comes, and its id means nothing any more.',
  capability: 'streams',
  params: z.object({
    stream: StreamId,
    reason: StreamEnd,
    exit: z
      .object({ code: z.number().int().optional(), signal: z.string().optional() })
      .optional()
      .describe('How the program ended, where it did.'),
    _meta: meta,
  }),
  example: {
    after: [...opened, 'clone/hibernate'],
    params: { stream: 'x_1', reason: 'posture', exit: { code: 143 } },
  },
});

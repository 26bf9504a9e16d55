import { z } from 'zod';
import type { ErrorRow } from './errorRow.js';

/** The errors of terminals and streams: a part of the registry, which says what holds for all of it. */
export const streamErrors = {
  cloneBusy: {
    code: -32059,
    message: '{clone} is working on task {task}.',
    hint: 'Wait for its end, or interrupt it: `khlone talk {clone} --now`.',
    retryable: true,
    details: z.object({ clone: z.string(), task: z.string() }),
  },
  noTerminal: {
    code: -32060,
    message: '{clone} has no terminal now: its posture is {posture}.',
    hint: 'Open one with `khlone talk {clone}`; `khlone watch {clone}` shows what it says without one, `khlone record {clone} - --all` what the last one had shown.',
    retryable: true,
    details: z.object({ clone: z.string(), posture: z.string() }),
  },
  streamTaken: {
    code: -32061,
    message: '{talker} talks to {clone} already.',
    hint: 'Watch it with `khlone watch {clone} --terminal`, or take its place with `khlone talk {clone} --takeover`.',
    retryable: true,
    details: z.object({ clone: z.string(), talker: z.string() }),
  },
  streamNotFound: {
    code: -32062,
    message: 'This connection has no stream {stream}.',
    hint: 'Streams end with their connection; attach again from the last offset you have read.',
    retryable: false,
    details: z.object({ stream: z.string() }),
  },
  streamEnded: {
    code: -32063,
    message: 'The stream {stream} has ended: {reason}.',
    hint: 'Attach again, with `stream/attach` or `khlone talk`.',
    retryable: false,
    details: z.object({ stream: z.string(), reason: z.string() }),
  },
  streamReadOnly: {
    code: -32064,
    message: 'The stream {stream} only watches.',
    hint: 'Attach with mode `talk` to type and to set the size.',
    retryable: false,
    details: z.object({ stream: z.string() }),
  },
  ackInvalid: {
    code: -32065,
    message: 'Byte {offset} of the stream {stream} cannot be acknowledged: {sent} were sent.',
    hint: 'Acknowledge the `end` of the last `stream/data` you have read.',
    retryable: false,
    details: z.object({ stream: z.string(), offset: z.number(), sent: z.number() }),
  },
  inputFull: {
    code: -32066,
    message: 'The program of {clone} does not read its input: {bytes} bytes wait already.',
    hint: 'Write again when it reads, or end its turn with Ctrl-C.',
    retryable: true,
    details: z.object({ clone: z.string(), bytes: z.number() }),
  },
} as const satisfies Record<string, ErrorRow>;

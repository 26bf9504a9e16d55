import { z } from 'zod';
import type { ErrorRow } from './errorRow.js';

/** The errors of asks and of those who take nothing else: a part of the registry, which says what holds for all of it. */
export const askErrors = {
  cloneReadOnly: {
    code: -32085,
    message: '{clone} is read-only for good: it takes asks, and nothing else.',
    hint: 'Ask it (`khlone ask {clone} <text>`), watch it (`khlone watch {clone}`), or enroll a clone of another role.',
    retryable: false,
    details: z.object({ clone: z.string() }),
  },
  roleReadOnly: {
    code: -32086,
    message: 'The role {role} is read-only for good, since {clone} was enrolled.',
    hint: 'Enroll a clone that may change things in another role.',
    retryable: false,
    details: z.object({ role: z.string(), clone: z.string() }),
  },
  roleMayAct: {
    code: -32087,
    message: 'The role {role} cannot become read-only: {clone} of it may change things.',
    hint: 'Enroll the read-only clone in another role, or retire that one first: `khlone retire {clone}`.',
    retryable: false,
    details: z.object({ role: z.string(), clone: z.string() }),
  },
  clonePaused: {
    code: -32088,
    message: '{clone} is paused, and nothing runs beside it: {reason}',
    hint: 'Let it go on (`khlone approvals`), wait for the time that `khlone status` tells, or ask without --aside: that waits.',
    retryable: true,
    details: z.object({ clone: z.string(), reason: z.string() }),
  },
  asidesFull: {
    code: -32089,
    message: '{clone} has {limit} asides on already.',
    hint: 'Wait for one of them to end (`khlone tasks`), or ask without --aside.',
    retryable: true,
    details: z.object({ clone: z.string(), limit: z.number() }),
  },
} as const satisfies Record<string, ErrorRow>;

import { z } from 'zod';
import type { ErrorRow } from './errorRow.js';

/** The errors of clones that are read-only for good: a part of the registry, which says what holds for all of it. */
export const readOnlyErrors = {
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
} as const satisfies Record<string, ErrorRow>;

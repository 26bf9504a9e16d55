import type { HeldSize } from '../../holder/contract.js';
import type { ScreenReply } from '../contract.js';
import type { ScreenAnswers, ScreenRequest } from './headlessScreen.js';

/** Memory that output goes to the thread in: as many pieces as are under way at once, and the bytes of each. */
export const slots = { count: 2, bytes: 64 * 1024 } as const;

/** What the thread is given at its start. */
export interface ThreadData {
  readonly memory: SharedArrayBuffer;
}

/** Says something about one screen to the thread. */
export type ToThread = { readonly screen: number } & (
  | { readonly type: 'open'; readonly size: HeldSize; readonly offset: number }
  | { readonly type: 'close' }
  | { readonly type: 'feed'; readonly offset: number; readonly slot: number; readonly length: number }
  | { readonly type: 'resize'; readonly size: HeldSize }
  | { readonly type: 'answers'; readonly wanted: boolean }
  | { readonly type: 'request'; readonly id: number; readonly request: ScreenRequest }
);

export type Answer = ScreenAnswers[ScreenRequest['type']];

/** What the thread says. */
export type FromThread =
  | {
      readonly type: 'fed';
      readonly screen: number;
      readonly slot: number;
      readonly replies: readonly ScreenReply[];
      /** The screen could not take the output and was built anew. */
      readonly failed?: string;
    }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };

import type { Khlone } from '../client/index.js';
import { everyClone } from './pages.js';
import type { BoardState } from './render/board.js';

/** Reads what the board shows, in three calls at once; of approvals the newest that a page holds. */
export async function readBoard(khlone: Khlone): Promise<BoardState> {
  const [clones, { tasks }, { approvals }] = await Promise.all([
    everyClone(khlone),
    khlone.task.list({ status: ['running', 'waiting'], limit: 500 }),
    khlone.approval.list(),
  ]);
  return { zone: khlone.session.zone.root, clones, tasks, approvals };
}

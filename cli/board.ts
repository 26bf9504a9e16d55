import type { Khlone } from '../client/index.js';
import { clonesOf, everyClone } from './pages.js';
import type { BoardState } from './render/board.js';

/** Reads what the board shows of all or of some, in three calls at once; of approvals the newest that a page holds. */
export async function readBoard(khlone: Khlone, who?: string): Promise<BoardState> {
  const only = who === undefined ? {} : { who };
  const [clones, { tasks }, { approvals }] = await Promise.all([
    who === undefined ? everyClone(khlone) : clonesOf(khlone, who),
    khlone.task.list({ ...only, status: ['running', 'waiting'], limit: 500 }),
    khlone.approval.list(only),
  ]);
  return { zone: khlone.session.zone.root, clones, tasks, approvals };
}

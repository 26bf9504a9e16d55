import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BrainEvent,
  type BrainState,
  brainTable,
  deadlineOf,
} from '../../../../../daemon/brains/streamJson/turnMachine.js';

const states = Object.keys(brainTable) as BrainState[];
const inTurn: readonly BrainState[] = [
  'starting',
  'sent',
  'running',
  'concluding',
  'interrupting',
  'renewing',
  'ending',
];
const events: readonly BrainEvent[] = [
  'ready',
  'accepted',
  'concluded',
  'resumed',
  'result',
  'interrupt',
  'kill',
  'late',
  'untaken',
  'lost',
  'died',
  'spawned',
  'restored',
];

/** Plays events on the table alone; a send happens only where no turn is on, as the brain sees to. */
class Player {
  state: BrainState = 'idle';
  turn = false;
  sent = 0;
  finished = 0;

  play(event: BrainEvent): void {
    if (event === 'send') {
      if (this.turn) return;
      this.turn = true;
      this.sent += 1;
    }
    // The brain tells these two apart by whether a turn waits.
    if ((event === 'spawned' && !this.turn) || (event === 'restored' && this.turn)) return;
    const row = brainTable[this.state][event];
    if (!row) return;
    this.state = row.to;
    for (const action of row.run ?? []) {
      if (!action.startsWith('finish') || !this.turn) continue;
      this.finished += 1;
      this.turn = false;
    }
  }
}

describe('the table of a brain', () => {
  it('ends every turn exactly once, whatever happens, once the process is gone', () => {
    const event = fc.constantFrom<BrainEvent>('send', 'send', ...events);
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (played) => {
        const player = new Player();
        for (const each of played) {
          player.play(each);
          expect(player.finished).toBe(player.sent - (player.turn ? 1 : 0));
          if (player.turn) expect(inTurn).toContain(player.state);
          if (player.state === 'idle') expect(player.turn).toBe(false);
        }
        player.play('died');
        expect(player.state).toBe('ended');
        expect(player.finished).toBe(player.sent);
      }),
      { numRuns: 2_000 },
    );
  });

  it('knows in every state what the end of the process means, and begins nothing after the end', () => {
    for (const state of states.filter((each) => each !== 'ended'))
      expect(brainTable[state].died?.to).toBe('ended');
    expect(Object.values(brainTable.ended).every((row) => row.to === 'ended')).toBe(true);
  });

  it('tells the end of a turn last, because its listener may begin the next', () => {
    for (const row of states.flatMap((state) => Object.values(brainTable[state]))) {
      const finishing = (row.run ?? []).findIndex((action) => action.startsWith('finish'));
      expect([-1, (row.run ?? []).length - 1]).toContain(finishing);
    }
  });

  it('has something to do about every deadline it sets', () => {
    for (const state of Object.keys(deadlineOf) as BrainState[]) expect(brainTable[state].late).toBeDefined();
  });
});

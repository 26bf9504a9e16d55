import { setTimeout as wait } from 'node:timers/promises';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Khlone } from '../../client/index.js';
import { amount } from '../support/chaos/amount.js';
import { type ClaudeZone, claudeZone } from '../support/claudeZone.js';
import { history } from '../support/events.js';
import { Random } from '../support/random.js';
import { say, use } from '../support/scriptedModel.js';
import { durableOf } from '../support/told.js';

const rounds = amount({ short: 3, full: 20 });
/** Within it a turn takes the line, uses its tool and speaks, in ms. */
const turnMs = 1_500;
const text = 'one two three four five six seven eight nine ten eleven twelve';

interface Told {
  readonly type: string;
  readonly attempt?: number;
}

const isStart = ({ type }: Told): boolean => type === 'task.started';

/** A start of which the brain was told nothing was none: such a task waits again. */
const isPutBack = (event: Told | undefined): boolean => event?.type === 'task.queued' && event.attempt === 0;

/** A zone in whose rounds a clone of Claude Code uses a tool and tells a tale, and its daemon may be killed meanwhile. */
class Teller {
  readonly #zone: ClaudeZone;
  readonly #who: string;
  #khlone: Khlone;

  private constructor(zone: ClaudeZone, khlone: Khlone, who: string) {
    this.#zone = zone;
    this.#khlone = khlone;
    this.#who = who;
  }

  static async enroll(zone: ClaudeZone): Promise<Teller> {
    const khlone = await zone.client();
    const { name } = await khlone.clone.enroll({ role: 'teller' });
    return new Teller(zone, khlone, name);
  }

  /** What is told of a turn; `moment` resolves when its daemon is to be killed. */
  async told(round: string, moment?: (khlone: Khlone) => Promise<unknown>): Promise<Told[]> {
    const zone = this.#zone;
    const cue = `tell it in round ${round}`;
    // Each its own: Claude Code reads no file twice that is the same.
    const name = `tale-${round.replace('!', '')}.txt`;
    const file = join(zone.root, name);
    writeFileSync(file, 'once upon a time');
    zone.model.rule(cue, use('Read', { file_path: file }), say(text, { pieces: 12, everyMs: 60 }));
    const { id } = await this.#khlone.clone.act({ who: this.#who, say: cue });
    if (moment) {
      await moment(this.#khlone);
      await zone.killDaemon(this.#khlone);
      this.#khlone = await zone.client();
    }
    expect(await this.#khlone.task.wait({ task: id })).toMatchObject({
      status: 'done',
      attempt: 1,
      result: { text },
    });
    // The model was asked for the tool, and once more for the tale: not again by any daemon.
    expect(zone.model.requests.filter((request) => request.text.includes(cue))).toHaveLength(2);
    const plain = JSON.parse(
      JSON.stringify(durableOf(await history(this.#khlone), id))
        .replaceAll(cue, 'tell it')
        .replaceAll(name, 'tale'),
    ) as Told[];
    return plain.filter((event, at) => !isPutBack(event) && !(isStart(event) && isPutBack(plain[at + 1])));
  }
}

/** The real Claude Code, whose daemon is killed at any moment of its turns. */
describe('a turn of Claude Code', () => {
  it(`ends as if nothing had happened, whenever its daemon is killed, ${rounds} times`, async () => {
    await using zone = await claudeZone();
    const random = new Random(Number(process.env['KHLONE_TEST_SEED'] ?? Date.now() % 1_000_000));
    console.info(`KHLONE_TEST_SEED=${random.seed} repeats the choices of this run`);
    const teller = await Teller.enroll(zone);
    const undisturbed = await teller.told('zero');
    for (let round = 0; round < rounds; round++) {
      const killAfterMs = random.between(0, turnMs);
      const events = await teller.told(`r${round}!`, () => wait(killAfterMs));
      expect({ round, killAfterMs, events }).toEqual({ round, killAfterMs, events: undisturbed });
    }
  });

  it('is told twice where no daemon writes down what it has told: the control', async () => {
    const program = join(import.meta.dirname, '../support/chaos/heedless/forgetsTold.mjs');
    await using zone = await claudeZone({ program });
    const teller = await Teller.enroll(zone);
    const events = await teller.told('r!', async (khlone) => {
      await using tools = khlone.events({ from: 'start', types: ['tool.finished'] });
      await tools[Symbol.asyncIterator]().next();
    });
    expect(events.filter(({ type }) => type === 'tool.finished')).toHaveLength(2);
  });
});

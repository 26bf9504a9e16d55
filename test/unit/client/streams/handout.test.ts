import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Handout } from '../../../../client/streams/handout.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe('what is handed out', () => {
  it('is not held any longer, though the one who takes is always behind', async () => {
    const handout = new Handout<{ at: number }>();
    const taken: WeakRef<object>[] = [];
    handout.put({ at: 0 });
    for (let at = 1; at <= 1000; at++) {
      handout.put({ at });
      const item = await handout.take();
      if (item) taken.push(new WeakRef(item));
    }
    await new Promise(setImmediate);
    collect();
    expect(taken.filter((item) => item.deref() !== undefined).length).toBeLessThan(200);
    expect(await handout.take()).toEqual({ at: 1000 });
  });

  it('comes in order, however far behind the one who takes is', async () => {
    const handout = new Handout<{ at: number }>();
    const got: number[] = [];
    for (let at = 0; at < 1000; at++) {
      handout.put({ at });
      if (at % 3 > 0) got.push((await handout.take())?.at ?? -1);
    }
    handout.end();
    for (let item = await handout.take(); item; item = await handout.take()) got.push(item.at);
    expect(got).toEqual(Array.from({ length: 1000 }, (_, at) => at));
  });
});

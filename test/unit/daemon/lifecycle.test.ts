import { expect, it } from 'vitest';
import { DisposableStore, setUnexpectedErrorHandler, toDisposable } from '../../../daemon/lifecycle.js';

it('a store releases what it holds in reverse order, the others also where one fails', () => {
  const released: string[] = [];
  const unexpected: unknown[] = [];
  setUnexpectedErrorHandler((error) => unexpected.push(error));
  const store = new DisposableStore();
  store.add(toDisposable(() => released.push('lock')));
  store.add(
    toDisposable(() => {
      throw new Error('the database is locked');
    }),
  );
  store.add(toDisposable(() => released.push('socket')));
  store.dispose();
  store.dispose();
  expect(released).toEqual(['socket', 'lock']);
  expect(unexpected).toMatchObject([{ message: 'the database is locked' }]);
});

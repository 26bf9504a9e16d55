/**
 * Loaded before a daemon it makes one that sends receipts whatever becomes of the commit: the control of the test that
 * no receipt is false.
 */
import { Store } from '../../../dist/daemon/store/store.js';

const proper = Object.getOwnPropertyDescriptor(Store.prototype, 'transact')?.value;

Store.prototype.transact = function careless(work) {
  let made;
  try {
    return proper.call(this, () => {
      made = { result: work() };
      return made.result;
    });
  } catch (error) {
    if (made === undefined) throw error;
    return made.result;
  }
};

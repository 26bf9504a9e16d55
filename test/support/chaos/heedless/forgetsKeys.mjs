/** A daemon that does not know a call again by its key. */
import { IdempotencyTable } from '../../../../dist/daemon/store/idempotencyTable.js';

IdempotencyTable.prototype.find = () => undefined;
await import('../../../../dist/daemon/main.js');

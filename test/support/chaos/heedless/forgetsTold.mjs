/** A daemon that does not write down how much of a turn it has told. */
import { TurnTable } from '../../../../dist/daemon/store/turnTable.js';

TurnTable.prototype.tell = () => undefined;
await import('../../../../dist/daemon/main.js');

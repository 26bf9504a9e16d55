import type { Holder } from '../holder/contract.js';
import type { Terminals } from '../streams/contract.js';
import { claudeSupplier } from './claude/supplier.js';
import { commandSupplier } from './command/supplier.js';
import { defaultTiming } from './command/timing.js';
import type { BrainSupplier } from './contract.js';
import { type DemoOptions, demoSupplier } from './demo/supplier.js';
import { type Deadlines, defaultDeadlines } from './streamJson/deadlines.js';

/** What the suppliers need; deadlines that are left out have their defaults. */
export interface SupplierOptions extends Partial<Deadlines> {
  readonly holder: Holder;
  readonly terminals: Terminals;
  readonly demo?: DemoOptions;
}

/** Every kind of brain this daemon can start, by name. */
export function createSuppliers(options: SupplierOptions): ReadonlyMap<string, BrainSupplier> {
  const { holder, terminals, demo, ...given } = options;
  const deadlines: Deadlines = { ...defaultDeadlines, ...given };
  const host = { holder, terminals, deadlines };
  const suppliers = [
    claudeSupplier(host),
    commandSupplier(terminals, defaultTiming),
    demoSupplier(host, demo),
  ];
  return new Map(suppliers.map((supplier) => [supplier.name, supplier]));
}

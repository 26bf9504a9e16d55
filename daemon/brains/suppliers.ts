import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Holder } from '../holder/contract.js';
import { noSandbox, type Sandbox } from '../sandbox/sandbox.js';
import type { Terminals } from '../streams/contract.js';
import { claudeSupplier } from './claude/supplier.js';
import { commandSupplier } from './command/supplier.js';
import { defaultTiming } from './command/timing.js';
import type { BrainSupplier } from './contract.js';
import { type DemoOptions, demoSupplier } from './demo/supplier.js';
import type { AskLayers } from './streamJson/supplier.js';
import { type Deadlines, defaultDeadlines } from './streamJson/deadlines.js';

/** What the suppliers need; deadlines that are left out have their defaults. */
export interface SupplierOptions extends Partial<Deadlines> {
  readonly holder: Holder;
  readonly terminals: Terminals;
  readonly demo?: DemoOptions;
  /** Around every ask; none when left out. */
  readonly sandbox?: Sandbox;
  /** Folder for the conversations of asks while they run; one of the system's when left out. */
  readonly asks?: string;
  /** As in StreamJsonHost. */
  readonly layers?: AskLayers;
}

/** Every kind of brain this daemon can start, by name. */
export function createSuppliers(options: SupplierOptions): ReadonlyMap<string, BrainSupplier> {
  const { holder, terminals, demo, sandbox = noSandbox('none was asked for'), layers, ...rest } = options;
  const { asks = join(tmpdir(), `khlone-asks-${process.pid}`), ...given } = rest;
  const deadlines: Deadlines = { ...defaultDeadlines, ...given };
  const host = { holder, terminals, deadlines, sandbox, ...(layers && { layers }) };
  const suppliers = [
    claudeSupplier(host, { asks }),
    commandSupplier(terminals, defaultTiming),
    demoSupplier(host, demo),
  ];
  return new Map(suppliers.map((supplier) => [supplier.name, supplier]));
}

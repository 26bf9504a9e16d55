import type { Usage } from '../../protocol/shapes/usage.js';
import type { BrainSupplier } from '../brains/contract.js';
import type { CloneRecord } from '../store/cloneTable.js';
import { retryMs } from '../store/retry.js';
import { Alarm } from './alarm.js';
import { Asides } from './asides.js';
import { CloneProcess } from './cloneProcess.js';
import { Hearing } from './hearing.js';
import { CloneLedger } from './ledger.js';
import { onlyKind } from './obstacle.js';
import { Outcomes } from './outcomes.js';
import { Pauses } from './pauses.js';
import { Rest } from './rest.js';
import type { RunnerShared } from './runnerShared.js';
import { Talks } from './talks.js';
import { TaskRuns } from './taskRuns.js';

/** Whether a clone takes work, is being retired, or ends with its daemon. */
export type RunnerPhase = 'serving' | 'retiring' | 'closing';

/** What a runner's parts begin with. */
export interface RunnerMade {
  readonly record: CloneRecord;
  readonly supplier: BrainSupplier;
  readonly shared: RunnerShared;
  readonly usage: Usage;
  readonly phase: () => RunnerPhase;
  /** There may be something to do. */
  readonly wake: () => void;
  /** Makes a change that nobody waits for. */
  readonly guarded: (change: () => void) => void;
}

/** The parts of a clone's runner, and who of them knows whom. */
export class RunnerParts {
  /** The next try, or the end of a process at rest: never two of them at once. */
  readonly alarm = new Alarm();
  readonly process: CloneProcess;
  readonly ledger: CloneLedger;
  readonly talks: Talks;
  readonly outcomes: Outcomes;
  readonly rest: Rest;
  readonly tasks: TaskRuns;
  readonly pauses: Pauses;
  readonly asides: Asides;

  constructor({ record, supplier, shared, usage, phase, wake, guarded }: RunnerMade) {
    const ledger = (): CloneLedger => this.ledger;
    const process = (): CloneProcess => this.process;
    const alive = (): boolean => this.process.isAlive;
    const serving = (): boolean => phase() === 'serving';
    const closing = (): boolean => phase() === 'closing';
    const { alarm } = this;
    this.outcomes = new Outcomes({ ledger, alive, closing });
    this.rest = new Rest({ ledger, process, alarm, guarded });
    const hearing = new Hearing({ log: shared.log, ledger, process, taskOn: () => this.tasks.on, closing });
    this.talks = new Talks({ hear: (output) => hearing.hear(output), changed: wake });
    this.process = new CloneProcess({
      supplier,
      environment: shared.environment,
      settings: shared.settings,
      ledger,
      talks: this.talks,
      moved: (how) => (how === 'now' ? wake() : alarm.set(retryMs, wake)),
    });
    this.pauses = new Pauses({ shared, ledger, alive, over: wake });
    this.tasks = new TaskRuns({
      shared,
      ledger,
      pauses: this.pauses,
      process,
      outcomes: this.outcomes,
      program: supplier.sharesTerminal,
      serving,
    });
    this.asides = new Asides({ shared, supplier, ledger, pauses: this.pauses, serving, closing });
    const only = onlyKind(record, supplier.capabilities);
    this.ledger = new CloneLedger({ record, usage, shared, only, posture: () => this.process.posture });
  }
}

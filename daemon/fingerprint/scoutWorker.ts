import { parentPort, workerData } from 'node:worker_threads';
import { Scouting, type ToScout } from './scout.js';

/** The thread that looks at a large zone from its other end. */
const scouting = new Scouting(workerData as Int32Array);
parentPort?.on('message', (message: ToScout) => scouting.hear(message));

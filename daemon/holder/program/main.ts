import { rmSync } from 'node:fs';
import { createServer, Socket } from 'node:net';
import { basename } from 'node:path';
import { loadPty } from './forkPty.js';
import { Host } from './host.js';
import { closeInherited } from './inherited.js';
import { files } from './wire.js';

/** How long a brain without a daemon is kept, and an exit that nobody has collected, in ms: a day. */
const defaultLonelyMs = 24 * 60 * 60 * 1000;

/** The descriptor on which whoever starts this program is its first daemon. */
const firstLink = 3;

// node main.js FOLDER [LONELY_MS]
const [folder = '', lonelyMs] = process.argv.slice(2);
process.umask(0o077);
process.chdir(folder);
closeInherited(new Set([0, 1, 2, firstLink]));

const host = new Host({ run: basename(folder), lonelyMs: Number(lonelyMs ?? defaultLonelyMs) });
rmSync(files.socket, { force: true });
// By a relative path: a folder may be deeper than a socket's path may be long.
const server = createServer((socket) => host.accept(socket));
// One that no later daemon can find is of no use.
server.on('error', () => process.exit(1));
server.listen(files.socket);
host.accept(new Socket({ fd: firstLink }));
// From here on a fault in one corner must not take the brain with it, whose only parent this is.
process.on('uncaughtException', () => undefined);
// Ready for the terminal that may be wanted next; an order that is there already goes first.
setImmediate(loadPty);

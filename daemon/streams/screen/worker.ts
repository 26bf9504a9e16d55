import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { ScreenReply } from '../contract.js';
import { HeadlessScreen } from './headlessScreen.js';
import { slots, type FromThread, type ThreadData, type ToThread } from './messages.js';

/** The thread that follows all screens. It knows no more than what it is told; the owner reads for it. */
if (!parentPort) throw new Error('this is the program of a thread');
const port = parentPort;
const { memory } = workerData as ThreadData;

/** How much this thread stands back, as `nice` counts: whoever reads the bytes themselves goes first. */
const niceness = 10;
standBack();

interface Followed {
  screen: HeadlessScreen;
  size: ConstructorParameters<typeof HeadlessScreen>[0]['size'];
}

const screens = new Map<number, Followed>();
let replies: ScreenReply[] = [];

/** Linux has a priority for each thread; elsewhere it is the process's, and left as it is. */
function standBack(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), niceness);
  } catch {
    // It competes as an equal, which only costs time.
  }
}

function say(message: FromThread): void {
  port.postMessage(message);
}

function open(size: Followed['size'], offset: number): HeadlessScreen {
  return new HeadlessScreen({ size, offset }, (reply) => replies.push(reply));
}

function feed(message: Extract<ToThread, { type: 'feed' }>): void {
  const { screen: id, slot, offset, length } = message;
  const followed = screens.get(id);
  let failed: string | undefined;
  try {
    followed?.screen.feed(offset, new Uint8Array(memory, slot * slots.bytes, length));
  } catch (error) {
    failed = messageOf(error);
    if (followed) followed.screen = open(followed.size, offset + length);
  }
  const answered = replies;
  replies = [];
  say({ type: 'fed', screen: id, slot, replies: answered, ...(failed === undefined ? {} : { failed }) });
}

function answer(message: Extract<ToThread, { type: 'request' }>): void {
  const { id } = message;
  try {
    const followed = screens.get(message.screen);
    if (!followed) throw new Error('the screen is closed');
    say({ type: 'answer', id, answer: followed.screen.answer(message.request) });
  } catch (error) {
    say({ type: 'failed', id, message: messageOf(error) });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

port.on('message', (message: ToThread) => {
  const followed = screens.get(message.screen);
  switch (message.type) {
    case 'open':
      screens.set(message.screen, { screen: open(message.size, message.offset), size: message.size });
      return;
    case 'close':
      followed?.screen.dispose();
      screens.delete(message.screen);
      return;
    case 'feed':
      feed(message);
      return;
    case 'resize':
      if (!followed) return;
      followed.size = message.size;
      followed.screen.resize(message.size);
      return;
    case 'answers':
      followed?.screen.answers(message.wanted);
      return;
    case 'request':
      answer(message);
      return;
  }
});

import type { Approval, Event, Khlone, Task } from '../client/index.js';
import { isKhloneError } from '../client/index.js';
import type { Context } from './context.js';
import { decide } from './decide.js';
import { endingOfTask, type Ending } from './exit.js';
import { inTerminal } from './inTerminal.js';
import { onInterrupt } from './interrupts.js';
import { everyApproval } from './pages.js';
import { Prompter } from './prompter.js';
import { renderQueued } from './queued.js';
import { tellsRiding } from './render/riding.js';
import { Transcript } from './render/transcript.js';
import { sanitize } from './render/sanitize.js';

/** A task to be begun and followed to its end. */
export interface FollowRequest {
  readonly context: Context;
  readonly khlone: Khlone;
  /** Sends the call that gives the task; called once the events are being heard, so that none is missed. */
  readonly begin: () => Promise<Task>;
}

const isEnd = (task: Task): boolean => endingOfTask(task) !== 'leftRunning';

/**
 * Begins a task and streams it until it ends or the user leaves it running. What the brain says goes to stdout,
 * all else to stderr; with `--json` only the task goes to stdout, once it has ended.
 */
export async function followTask({ context, khlone, begin }: FollowRequest): Promise<Ending> {
  const { out } = context;
  const left = new AbortController();
  const following: { follower?: Follower } = {};
  await using events = khlone.events({
    from: khlone.session.cursor,
    signal: left.signal,
    ...tellsRiding({ note: (text) => (following.follower ? following.follower.note(text) : out.note(text)) }),
  });
  await events.ready;
  const receipt = await begin();
  const follower = new Follower({ context, khlone, task: receipt.id, leave: () => left.abort() });
  following.follower = follower;
  out.endingWhenClosed = 'leftRunning';
  try {
    if (isEnd(receipt)) return follower.finish(receipt);
    // A task met in mid-run (an idempotency key used twice) may have asked before we listened.
    if (receipt.status !== 'queued') await follower.catchUp();
    else await follower.tellWait(receipt);
    for await (const event of events) {
      const ended = follower.take(event);
      if (ended !== undefined) return follower.finish(ended);
      if (beginsTalk(event, receipt)) await follower.tellWait(receipt);
    }
    return await follower.left();
  } finally {
    follower.dispose();
  }
}

/** Whether somebody talks from now on to a clone that may be meant to do the task. */
const beginsTalk = (event: Event, { clone }: Task): boolean =>
  event.type === 'clone.status' && inTerminal(event) && (clone ?? event.clone) === event.clone;

interface FollowerRequest {
  readonly context: Context;
  readonly khlone: Khlone;
  readonly task: string;
  readonly leave: () => void;
}

class Follower {
  readonly #request: FollowerRequest;
  readonly #prompter: Prompter;
  readonly #transcript: Transcript;
  readonly #interrupts: Disposable;
  /** Approvals that are asked about or waiting for it; a controller is aborted when its approval is decided. */
  readonly #open = new Map<string, AbortController>();
  #asking: Promise<void> = Promise.resolve();
  #spoke = false;
  #started = false;
  /** What was told last of why the task waits. */
  #wait = '';

  constructor(request: FollowerRequest) {
    const { out, stdin } = request.context;
    this.#request = request;
    this.#prompter = new Prompter(stdin, out);
    const { style, columns } = out.notes;
    this.#transcript = new Transcript({
      style,
      columns,
      mode: 'single',
      explains: () => !this.#prompter.interactive,
    });
    this.#interrupts = onInterrupt({
      ask: () => this.#askWhatNow(),
      cancel: () => this.#cancel(),
      leave: request.leave,
    });
  }

  /** Shows an event; gives the task when the event is its end. */
  take(event: Event): Task | undefined {
    const { task } = this.#request;
    if (!('task' in event) || event.task !== task) return undefined;
    if (event.type === 'task.started') this.#started = true;
    if (event.type === 'approval.requested') this.#requested(event.value);
    if (event.type === 'approval.resolved') this.#resolved(event.approval);
    this.#show(event);
    return event.type === 'task.finished' ? event.value : undefined;
  }

  /** Says why the task has not begun, where that is something new. */
  async tellWait(task: Task): Promise<void> {
    const { khlone, context } = this.#request;
    const { out } = context;
    if (out.json || this.#started) return;
    // Only a note: what breaks it is met again by the events, which get over it.
    const text = await renderQueued(khlone, task, out.notes.style).catch(() => '');
    if (text === '' || text === this.#wait) return;
    this.#wait = text;
    out.note(text);
  }

  /** Asks about what the task waits for already. */
  async catchUp(): Promise<void> {
    const { khlone, task } = this.#request;
    for await (const approval of everyApproval(khlone, {})) {
      if (approval.task !== task || this.#open.has(approval.id)) continue;
      const { cursor } = khlone.session;
      const { requestedAt: at, clone, id } = approval;
      this.take({ type: 'approval.requested', cursor, at, clone, task, approval: id, value: approval });
    }
  }

  /** Says something beside what the brain says, on a line of its own. */
  note(text: string): void {
    this.#request.context.out.note(`${this.#transcript.breakLine()}${text}`);
  }

  /** Says how the task ended. */
  finish(task: Task): Ending {
    const { out } = this.#request.context;
    this.#prompter.dispose();
    out.endingWhenClosed = endingOfTask(task);
    if (out.json) out.object(task);
    else {
      out.note(this.#transcript.breakLine());
      const text = task.result?.text ?? '';
      if (!this.#spoke && text !== '') out.write(`${sanitize(text).replace(/\n+$/, '')}\n`);
    }
    return endingOfTask(task);
  }

  /** Says that the task goes on without us. */
  async left(): Promise<Ending> {
    const { context, khlone, task } = this.#request;
    const { out } = context;
    this.#prompter.dispose();
    if (out.json) out.object(await khlone.task.get({ task }));
    else out.note(this.#transcript.breakLine());
    out.note(`${task} goes on.\n  next: khlone task ${task}  or  khlone cancel ${task}\n`);
    return 'leftRunning';
  }

  dispose(): void {
    this.#interrupts[Symbol.dispose]();
    this.#prompter.dispose();
    for (const controller of this.#open.values()) controller.abort();
  }

  #show(event: Event): void {
    const { out } = this.#request.context;
    const text = this.#transcript.add(event);
    const said = event.type === 'message.delta' || event.type === 'message.completed';
    if (said && text !== '') this.#spoke = true;
    if (!out.json) {
      if (said) out.write(text);
      else out.note(text);
    } else if (event.type === 'approval.requested') out.note(text);
  }

  #requested(approval: Approval): void {
    const { khlone, context } = this.#request;
    const controller = new AbortController();
    this.#open.set(approval.id, controller);
    if (!this.#prompter.interactive) return;
    const { signal } = controller;
    this.#asking = this.#asking
      .then(() => decide(approval, { khlone, out: context.out, prompter: this.#prompter, signal }))
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        context.out.note(`  the answer did not arrive: ${sanitize(reason)}\n`);
      });
  }

  #resolved(approval: string): void {
    this.#open.get(approval)?.abort();
    this.#open.delete(approval);
  }

  async #askWhatNow(): Promise<'cancel' | 'leave' | 'stay'> {
    if (!this.#prompter.interactive) return 'leave';
    const { task } = this.#request;
    const line = await this.#prompter.ask(
      `\n${task}: [c]ancel it, [l]eave it running, or Enter to go on watching? `,
    );
    if (line === undefined || /^l/i.test(line)) return 'leave';
    return /^c/i.test(line) ? 'cancel' : 'stay';
  }

  async #cancel(): Promise<void> {
    const { khlone, task } = this.#request;
    try {
      await khlone.task.cancel({ task });
    } catch (error) {
      // It ended by itself in the meantime: its own ending is told.
      if (!isKhloneError(error, 'taskFinished')) throw error;
    }
  }
}

import { connect } from 'node:net';

/** A live daemon accepts at once, the kernel even for one that is busy; this bounds the odd case. */
const probeMs = 500;

/** Whether somebody listens on a unix socket; `unclear` where the kernel has not said so in time. */
export type Listener = 'present' | 'absent' | 'unclear';

/** Knocks at a unix socket and leaves. */
export function listenerAt(path: string): Promise<Listener> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    const settle = (found: Listener): void => {
      clearTimeout(timer);
      probe.destroy();
      resolve(found);
    };
    const timer = setTimeout(() => settle('unclear'), probeMs);
    probe.once('connect', () => settle('present'));
    // One whose queue is full is there.
    probe.on('error', (error: NodeJS.ErrnoException) =>
      settle(error.code === 'EAGAIN' ? 'present' : 'absent'),
    );
  });
}

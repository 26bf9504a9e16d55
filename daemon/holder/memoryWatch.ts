import { type Disposable, onUnexpectedError } from '../lifecycle.js';

/** Between two looks at a brain that is far from its limit, and at one that is past half of it, in ms. */
const farMs = 3_000;
const nearMs = 500;

/** What is watched, and what becomes of it. */
export interface MemoryWatchParts {
  readonly limitBytes: number;
  readonly measure: () => Promise<number>;
  readonly exceeded: () => void;
}

/** Looks again and again at how much memory a brain has in all, where no cgroup bounds it. */
export function watchMemory({ limitBytes, measure, exceeded }: MemoryWatchParts): Disposable {
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const look = async (): Promise<void> => {
    const bytes = await measure().catch(onUnexpectedError);
    if (over) return;
    if (bytes !== undefined && bytes > limitBytes) {
      over = true;
      exceeded();
      return;
    }
    timer = setTimeout(() => void look(), (bytes ?? 0) > limitBytes / 2 ? nearMs : farMs);
    timer.unref();
  };
  void look();
  return {
    dispose: () => {
      over = true;
      clearTimeout(timer);
    },
  };
}

import { fail } from '../../protocol/fail.js';
import type { CloneDirectory } from '../clones/directory.js';
import type { Store } from '../store/store.js';
import type { Service } from './parts.js';

/** Most tasks that are listed one by one. */
const maxTasks = 500;

/** Adds up what the brains report. */
export function usageService(parts: {
  readonly store: Store;
  readonly directory: CloneDirectory;
}): Service<'usage/get'> {
  const { store, directory } = parts;
  return {
    async 'usage/get'({ who, task, since }) {
      if (task !== undefined && !store.tasks.get(task)) throw fail('taskNotFound', { task });
      const clones = directory.names(who);
      const filter = {
        ...(clones && { clones }),
        ...(task !== undefined && { task }),
        ...(since !== undefined && { since }),
      };
      return {
        total: store.usage.total(filter),
        byClone: store.usage.by('clone', filter, Number.MAX_SAFE_INTEGER),
        byModel: store.usage.by('model', filter, Number.MAX_SAFE_INTEGER),
        byTask: store.usage.by('task, clone', filter, maxTasks),
      };
    },
  };
}

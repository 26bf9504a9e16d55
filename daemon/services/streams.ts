import { fail } from '../../protocol/fail.js';
import type { CloneDirectory } from '../clones/directory.js';
import type { Service } from './parts.js';

type Names =
  | 'stream/attach'
  | 'stream/write'
  | 'stream/resize'
  | 'stream/ack'
  | 'stream/resync'
  | 'stream/detach'
  | 'stream/screen'
  | 'stream/history';

/** Attaches clients to the clones' terminals. */
export function streamService(parts: { readonly directory: CloneDirectory }): Service<Names> {
  const missing = async ({ who }: { readonly who: string }): Promise<never> => {
    const { name, brain } = parts.directory.one(who).record;
    throw fail('capabilityMissing', { brain: `${brain} of ${name}`, capability: 'talk' });
  };
  const unknown = async ({ stream }: { readonly stream: string }): Promise<never> => {
    throw fail('streamNotFound', { stream });
  };
  return {
    'stream/attach': missing,
    'stream/write': unknown,
    'stream/resize': unknown,
    'stream/ack': unknown,
    'stream/resync': unknown,
    'stream/detach': unknown,
    'stream/screen': missing,
    'stream/history': missing,
  };
}

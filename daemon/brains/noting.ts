import { KhloneError } from '../../protocol/error.js';
import { fail } from '../../protocol/fail.js';
import type { NotePoint, TurnPoint } from './contract.js';

/** Has it written down from where a turn can be followed; why that failed, if so: then nothing may be begun. */
export function refusalToNote(note: NotePoint, point: TurnPoint | undefined): KhloneError | undefined {
  try {
    note(point);
    return undefined;
  } catch (error) {
    return error instanceof KhloneError ? error : fail('brainError', { reason: String(error) });
  }
}

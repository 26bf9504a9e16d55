import type { FoundState } from '../../holder/contract.js';
import type { RiddenTurn } from '../contract.js';
import { deliveryOf, type Delivery, type Written } from '../delivery.js';
import { type CommandPoint, type CommandTurn, newTurn, type Typed } from './turn.js';
import type { CommandEvent } from './turnMachine.js';

/** The turn that an earlier daemon began, as it was noted. */
export function turnLeft({ say, note, from, point }: RiddenTurn): CommandTurn {
  const { before, typed } = point as CommandPoint;
  return { ...newTurn(say, note), before, typed, marked: from, stopped: typed.interrupt !== undefined };
}

/** How far an earlier daemon has come with it: what was noted as written may not have reached the program. */
export function placeLeft(typed: Typed, found: FoundState | undefined): CommandEvent {
  const reached = (keys: Written | undefined): Delivery => (keys ? deliveryOf(found, keys) : 'no');
  if (reached(typed.interrupt) === 'yes') return 'leftInterrupted';
  const enter = reached(typed.enter);
  if (enter === 'yes') return 'leftEntered';
  const text = reached(typed.text);
  if (text === 'no') return 'leftUntyped';
  return text === 'yes' && enter === 'no' ? 'leftTyped' : 'doubted';
}

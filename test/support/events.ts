import type { Event, EventStream, Khlone } from '../../client/index.js';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

/** The next event of a type that fits; the stream stays open. */
export async function nextEvent<T extends Event['type']>(
  events: EventStream<Event>,
  type: T,
  fits: (event: Of<T>) => boolean = () => true,
): Promise<Of<T>> {
  for (;;) {
    const { done, value } = await events.next();
    if (done) throw new Error(`the stream ended before ${type}`);
    if (value.type === type && fits(value as Of<T>)) return value as Of<T>;
  }
}

/** The stored history, from a place in it to its end. */
export async function history(khlone: Khlone, from: Event['cursor'] | 'start' = 'start'): Promise<Event[]> {
  const found: Event[] = [];
  for (let next = from; ;) {
    const page = await khlone.event.read({ from: next, limit: 1000 });
    if (page.gap !== undefined) throw new Error(`a part of the history is gone: ${JSON.stringify(page.gap)}`);
    found.push(...page.events);
    if (!page.more) return found;
    next = page.next;
  }
}

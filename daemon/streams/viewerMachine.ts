/** Where a viewer stands. */
export type ViewerState =
  /** Its client has not got the answer to attach. */
  | 'opening'
  /** Sends what there is. */
  | 'flowing'
  /** Its client has the data from the holder. */
  | 'laned'
  /** Waits for the screen, which takes the place of what was put out before. */
  | 'resyncing'
  /** Ended before its client had the answer, and is still to tell. */
  | 'missed'
  | 'ended';

/** What happens to a viewer. */
export type ViewerStep = 'begin' | 'lane' | 'rejoin' | 'resync' | 'synced' | 'end' | 'dispose';

/** Where each step leads; one that is missing does nothing. */
export const viewerSteps: Readonly<Record<ViewerState, Partial<Record<ViewerStep, ViewerState>>>> = {
  opening: { begin: 'flowing', end: 'missed', dispose: 'ended' },
  flowing: { lane: 'laned', resync: 'resyncing', end: 'ended', dispose: 'ended' },
  laned: { rejoin: 'flowing', end: 'ended', dispose: 'ended' },
  resyncing: { synced: 'flowing', end: 'ended', dispose: 'ended' },
  missed: { begin: 'ended', dispose: 'ended' },
  ended: {},
};

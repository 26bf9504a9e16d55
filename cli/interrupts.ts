/** What Ctrl-C leads to while a task is followed. */
export interface InterruptHandler {
  /** Asks the user what is to become of the task. */
  ask(): Promise<'cancel' | 'leave' | 'stay'>;
  cancel(): Promise<void>;
  leave(): void;
}

type State = 'following' | 'asking' | 'cancelling' | 'left';

/**
 * The first Ctrl-C asks, a second one leaves the task running. Listens for SIGINT until it is disposed; a terminal
 * that is gone is a signal of another kind, ends this process, and never touches the task.
 */
export function onInterrupt(handler: InterruptHandler): Disposable {
  let state: State = 'following';

  const leave = (): void => {
    if (state === 'left') return;
    state = 'left';
    handler.leave();
  };

  const decide = async (): Promise<void> => {
    state = 'asking';
    const choice = await handler.ask();
    // A second Ctrl-C may have come while the question stood.
    if ((state as State) === 'left') return;
    if (choice === 'leave') leave();
    else if (choice === 'stay') state = 'following';
    else {
      state = 'cancelling';
      await handler.cancel();
    }
  };

  const interrupted = (): void => {
    if (state === 'following') decide().catch(leave);
    else leave();
  };

  process.on('SIGINT', interrupted);
  return { [Symbol.dispose]: () => void process.off('SIGINT', interrupted) };
}

let enrolled = 0;

/** Enrolls a program; its terminal starts with the first who talks to it. */
export async function enrolProgram(khlone, command) {
  const name = `shell.${++enrolled}`;
  await khlone.clone.enroll({
    role: 'shell',
    name,
    brain: 'command',
    command,
    terminal: { cols: 80, rows: 24 },
  });
  return name;
}

/** One client's stream of a clone's terminal; reads all the time. */
export async function ourTerminal(khlone, params) {
  const stream = await khlone.stream.attach({ cols: 80, rows: 24, lossless: true, ...params });
  let hear = () => {};
  let fail = () => {};
  const failed = new Promise((_, reject) => (fail = reject));
  failed.catch(() => {});
  const reading = (async () => {
    for await (const piece of stream) {
      if (piece.type === 'data') hear(piece.end - piece.offset, piece.data);
      else if (piece.reason !== 'attached')
        throw new Error(`${piece.type} ${piece.reason ?? ''} in the stream`);
    }
  })();
  reading.catch(fail);
  return {
    stream,
    /** Rejects when it is no longer what was printed that comes. */
    failed,
    write: (text) => void stream.write(text).catch(fail),
    onBytes: (listener) => (hear = listener),
    close: () => stream.detach(),
  };
}

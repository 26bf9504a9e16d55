// The thread of the screens, but one that dies when it is asked whether there is a prompt named `die`.
import { parentPort } from 'node:worker_threads';

const on = parentPort.on.bind(parentPort);
parentPort.on = (event, listener) =>
  on(event, (message) => {
    if (message.type === 'request' && message.request.pattern === 'die') process.exit(1);
    listener(message);
  });
await import('../../dist/daemon/streams/screen/worker.js');

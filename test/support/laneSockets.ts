import { Socket } from 'node:net';
type Connect = (...given: unknown[]) => Socket;

/** The lanes of this process's clients, so that a test can cut them or wait for them. */
export class LaneSockets implements Disposable {
  /** How many there were. */
  made = 0;
  readonly #open = new Set<Socket>();
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its socket
  readonly #connect = Socket.prototype.connect as Connect;

  constructor() {
    const [connect, hear] = [this.#connect, (socket: Socket): void => this.#hear(socket)];
    Socket.prototype.connect = function (this: Socket, ...given: unknown[]) {
      const [[{ path }]] = given as [[{ path?: string }]];
      if (path?.endsWith('/l') === true) hear(this);
      return connect.apply(this, given);
    };
  }

  get open(): number {
    return this.#open.size;
  }

  /** Cuts all there are. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }

  [Symbol.dispose](): void {
    Socket.prototype.connect = this.#connect;
  }

  #hear(socket: Socket): void {
    this.made += 1;
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
  }
}

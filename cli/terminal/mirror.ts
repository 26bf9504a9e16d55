import type { Khlone } from '../../client/index.js';
import type { Context } from '../context.js';
import type { Ending } from '../exit.js';
import { refuseOwn } from '../insideClone.js';
import { look } from '../look.js';
import { oneLine } from '../render/sanitize.js';
import { bidFarewell } from './farewell.js';
import { PrefixKeys } from './keys.js';
import { drawNotice } from './notice.js';
import { takePicture } from './picture.js';
import type { PrefixKey } from './prefix.js';
import { EndSignals } from './signals.js';
import { UserTerminal } from './userTerminal.js';
import { show, Vt } from './vt.js';

/** Least time between two pictures. */
const pauseMs = 50;

const [letterQ, controlC] = [0x71, 0x03];

/** Whom to watch, and the key that leaves. */
export interface MirrorRequest {
  readonly who: string;
  readonly prefix: PrefixKey;
}

/** Shows a clone's terminal as it is, in a window of any size, until q, Ctrl-C or the end; nothing is typed. */
export function mirror(context: Context, { who, prefix }: MirrorRequest): Promise<Ending> {
  return look(context, {
    who,
    stays: true,
    async work(khlone) {
      await refuseOwn(context, khlone, who);
      return watchScreen(khlone, { context, who, prefix });
    },
  });
}

interface WatchRequest extends MirrorRequest {
  readonly context: Context;
}

async function watchScreen(khlone: Khlone, { context, who, prefix }: WatchRequest): Promise<Ending> {
  const { out, stdin, stdout } = context;
  using signals = new EndSignals();
  await using stream = await khlone.stream.attach(
    { who, mode: 'watch', encoding: 'base64' },
    { signal: signals.signal },
  );
  using vt = await Vt.open({ cols: stream.cols, rows: stream.rows });
  const keys = new PrefixKeys(prefix);
  const leave = (): void => void stream.detach();
  using terminal = new UserTerminal(
    { stdin, stdout },
    {
      typed: (bytes) => {
        for (const action of keys.push(bytes)) {
          canvas.help(
            action.kind === 'help' ? `${prefix.label} d, q and Ctrl-C leave; any key goes on` : undefined,
          );
          if (action.kind === 'detach') leave();
          else if (action.kind === 'type' && [letterQ, controlC].some((key) => action.data.includes(key)))
            leave();
        }
      },
      changed: () => canvas.drawAnew(),
      closed: leave,
    },
  );
  using canvas = new Canvas(vt, terminal, oneLine(stream.clone));
  terminal.enter();
  for await (const piece of stream) {
    await show(piece, vt);
    if (piece.type === 'disconnected') canvas.say('the connection to the daemon is lost; making it anew');
    else if (piece.type === 'reconnected') canvas.say(undefined);
    canvas.mark();
  }
  canvas[Symbol.dispose]();
  terminal[Symbol.dispose]();
  const outcome = await stream.ended;
  if (outcome.reason === 'failed') throw outcome.error;
  if (signals.received !== undefined && signals.received !== 'SIGINT') return await signals.finish(out);
  const { text, ending } = bidFarewell(stream.clone, outcome);
  out.write(`${text}\n`);
  return ending;
}

/** Draws pictures of a screen on the user's terminal: at once, and then not more often than can be seen. */
class Canvas implements Disposable {
  readonly #vt: Vt;
  readonly #terminal: UserTerminal;
  readonly #clone: string;
  #drawn: readonly string[] = [];
  #window = '';
  #said: string | undefined;
  #help: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #marked = false;

  constructor(vt: Vt, terminal: UserTerminal, clone: string) {
    this.#vt = vt;
    this.#terminal = terminal;
    this.#clone = clone;
  }

  /** The screen has changed. */
  mark(): void {
    this.#marked = true;
    if (this.#timer !== undefined) return;
    this.draw();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#marked) this.mark();
    }, pauseMs);
  }

  /** Says something on the last line, until it is taken back. */
  say(text: string | undefined): void {
    this.#said = text;
    this.mark();
  }

  /** Shows help on the last line, until it is taken back. */
  help(text: string | undefined): void {
    if (this.#help === text) return;
    this.#help = text;
    this.draw();
  }

  drawAnew(): void {
    this.#window = '';
    this.draw();
  }

  draw(): void {
    this.#marked = false;
    const size = this.#terminal.size;
    const { cols, rows } = this.#vt.terminal;
    const cropped = size.cols < cols || size.rows < rows;
    const title = `${this.#clone} is ${cols}x${rows}; a part of it is shown; q leaves`;
    const notice = this.#said ?? this.#help ?? (cropped ? title : undefined);
    const room = notice === undefined ? size : { ...size, rows: Math.max(size.rows - 1, 1) };
    const { lines, cursor } = takePicture(this.#vt, room);
    const window = `${size.cols}x${size.rows}${notice ?? ''}`;
    const anew = window !== this.#window;
    const changed = lines.map((line, at) =>
      anew || line !== this.#drawn[at] ? `\u001b[${at + 1};1H\u001b[0m\u001b[2K${line}` : '',
    );
    const gone = this.#drawn
      .slice(lines.length)
      .map((_, at) => `\u001b[${lines.length + at + 1};1H\u001b[2K`);
    this.#drawn = lines;
    this.#window = window;
    this.#terminal.write(
      [
        '\u001b[?2026h\u001b[?25l',
        anew ? '\u001b[0m\u001b[2J' : '',
        ...changed,
        ...gone,
        notice === undefined ? '' : drawNotice(notice, size),
        cursor === undefined ? '' : `\u001b[${cursor.y + 1};${cursor.x + 1}H\u001b[?25h`,
        '\u001b[?2026l',
      ].join(''),
    );
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

import { describe, expect, it } from 'vitest';
import { isUrgent } from '../../../../cli/log/entry.js';
import { renderLogLine } from '../../../../cli/render/logLine.js';
import { createStyle } from '../../../../cli/render/style.js';
import { createLog } from '../../../../daemon/log/logger.js';

const style = createStyle({ colour: false, unicode: true });

/** Lines as the daemon writes them. */
function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  let text = '';
  write(createLog({ write: (line) => (text += line), dispose: () => undefined }, 'debug'));
  return text.trimEnd();
}

describe('a line of the log for people', () => {
  it('has its time, level, message and fields', () => {
    const line = logged((log) => log.info('listening', { socket: '/run/s', zone: '/my zone', seq: 4 }));
    expect(renderLogLine(line, style)).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} info {2}listening socket=\/run\/s zone="\/my zone" seq=4\n$/,
    );
  });

  it('has the stack of an error below it', () => {
    const line = logged((log) => log.error('did not start', { error: new TypeError('no such thing') }));
    const [head, first] = renderLogLine(line, style).split('\n');
    expect(head).toMatch(/error did not start error=TypeError: no such thing$/);
    expect(first).toMatch(/^ {4}at /);
  });

  it('is harmless whatever was logged, and shows what is none of the daemon', () => {
    const line = logged((log) => log.warn('a \u001b[31mb', { 'x\n': 'c\u009bd\ne' }));
    // eslint-disable-next-line no-control-regex -- none may be left
    expect(renderLogLine(line, style).trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    expect(renderLogLine('{"at":"2026', style)).toBe('{"at":"2026\n');
  });

  it('is left out where it is less urgent than asked for; one that cannot be read is not', () => {
    const info = logged((log) => log.info('x'));
    const error = logged((log) => log.error('x'));
    expect([info, error, 'cut off'].filter((line) => isUrgent(line, 'warn'))).toEqual([error, 'cut off']);
  });
});

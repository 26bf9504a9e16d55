import { describe, expect, it } from 'vitest';
import { ExitLine } from '../../../../cli/terminal/exitLine.js';

interface Typed {
  readonly sent: string;
  readonly exit: boolean;
}

function type(chunks: readonly string[], applies = true): Typed {
  const lines = new ExitLine();
  let sent = '';
  for (const chunk of chunks) {
    const { data, exit } = lines.push(Buffer.from(chunk, 'latin1'), applies);
    sent += data.toString('latin1');
    if (exit) return { sent, exit };
  }
  return { sent, exit: false };
}

const takenBack = '\x7f'.repeat(5);

describe('the line /exit', () => {
  it.each([
    [['/exit\r'], `/exit${takenBack}`],
    ['/exit\r'.split(''), `/exit${takenBack}`],
    [['ls\r', '/ex', 'it', '\r', 'more'], `ls\r/exit${takenBack}`],
    [['ls\x03/exit\r'], `ls\x03/exit${takenBack}`],
    [['half\x15/exit\r'], `half\x15/exit${takenBack}`],
  ])('%j leaves, and is taken back', (chunks, sent) => {
    expect(type(chunks)).toEqual({ sent, exit: true });
  });

  it.each([
    [['x/exit\r']],
    [['/exit now\r']],
    [['/exi\x7fit\r']],
    [['/exit']],
    [['/exit', ' \r']],
    [['\x1b[200~/exit\x1b[201~\r']],
    [['\x1b[A\r']],
  ])('%j is for the program', (chunks) => {
    expect(type(chunks)).toEqual({ sent: chunks.join(''), exit: false });
  });

  it('is for the program where it takes no lines, and what was typed there is no beginning of it', () => {
    expect(type(['/exit\r'], false)).toEqual({ sent: '/exit\r', exit: false });
    const lines = new ExitLine();
    lines.push(Buffer.from('/ex'), false);
    expect(lines.push(Buffer.from('it\r'), true).exit).toBe(false);
    expect(lines.push(Buffer.from('/exit\r'), true).exit).toBe(true);
  });
});

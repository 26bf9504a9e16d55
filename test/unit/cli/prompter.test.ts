import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Output } from '../../../cli/output.js';
import { Prompter } from '../../../cli/prompter.js';

function terminal() {
  const stdin = Object.assign(new PassThrough(), { isTTY: true }) as unknown as NodeJS.ReadStream &
    PassThrough;
  const seen: string[] = [];
  const stream = () =>
    Object.assign(new PassThrough(), { isTTY: true }).on('data', (chunk: Buffer) =>
      seen.push(chunk.toString()),
    );
  const out = new Output({ stdout: stream(), stderr: stream(), env: {}, json: false, exit: () => undefined });
  return { stdin, out, prompter: new Prompter(stdin, out), seen: () => seen.join('') };
}

describe('asking at the terminal', () => {
  it('gives the line that was typed', async () => {
    const { stdin, prompter, seen } = terminal();
    const answer = prompter.ask('sure? ');
    stdin.write('ye');
    stdin.write('s\n');
    expect(await answer).toBe('yes');
    expect(seen()).toBe('sure? ');
  });

  it('holds other output until the question is answered', async () => {
    const { stdin, out, prompter, seen } = terminal();
    const answer = prompter.ask('sure? ');
    out.write('news\n');
    out.note('note\n');
    expect(seen()).toBe('sure? ');
    stdin.write('y\n');
    await answer;
    expect(seen()).toBe('sure? news\nnote\n');
  });

  it('puts a later question first and asks the former again', async () => {
    const { stdin, prompter, seen } = terminal();
    const first = prompter.ask('first? ');
    const second = prompter.ask('second? ');
    stdin.write('two\n');
    expect(await second).toBe('two');
    stdin.write('one\n');
    expect(await first).toBe('one');
    expect(seen()).toBe('first? \nsecond? first? ');
  });

  it('takes nothing for an answer that was typed before the question was shown', async () => {
    const { stdin, prompter } = terminal();
    stdin.write('y\ny');
    const first = prompter.ask('first? ');
    stdin.write('no\ny\n');
    expect(await first).toBe('no');
    const second = prompter.ask('second? ');
    stdin.write('two\n');
    expect(await second).toBe('two');
  });

  it('ends the line of a question that is given up before it shows what was held', () => {
    const { out, prompter, seen } = terminal();
    void prompter.ask('sure? ');
    out.write('news\n');
    prompter.dispose();
    expect(seen()).toBe('sure? \nnews\n');
  });

  it('takes a question back', async () => {
    const { stdin, prompter } = terminal();
    const withdrawn = new AbortController();
    const first = prompter.ask('first? ', withdrawn.signal);
    stdin.write('half an ans');
    await new Promise((resolve) => setImmediate(resolve));
    withdrawn.abort();
    expect(await first).toBeUndefined();
    const second = prompter.ask('second? ');
    stdin.write('y\n');
    expect(await second).toBe('y');
    expect(await prompter.ask('third? ', withdrawn.signal)).toBeUndefined();
  });

  it('knows when nobody answers any more', async () => {
    const { stdin, prompter } = terminal();
    const answer = prompter.ask('sure? ');
    stdin.end();
    expect(await answer).toBeUndefined();
    expect(prompter.interactive).toBe(false);
    expect(await prompter.ask('again? ')).toBeUndefined();
  });
});

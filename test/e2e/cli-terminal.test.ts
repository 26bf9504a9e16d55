import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import type { Khlone } from '../../client/index.js';
import { cliProgram } from '../support/cli.js';
import { DaemonZone } from '../support/daemon.js';
import { Terminal } from '../support/terminal.js';

let zone: DaemonZone;
let client: Khlone;
let terminal: Terminal;
let clone: string;

beforeAll(async () => {
  zone = new DaemonZone();
  client = await zone.connect();
});

afterAll(async () => {
  await zone[Symbol.asyncDispose]();
});

beforeEach(async () => {
  ({ name: clone } = await client.clone.enroll({ role: 'mechanic', brain: 'demo' }));
  terminal = await Terminal.open({ cwd: zone.root, env: zone.sandbox.env });
  terminal.type(`k() { '${process.execPath}' '${cliProgram}' "$@"; echo "ended with $?"; }; clear`);
});

afterEach(async () => {
  await terminal[Symbol.asyncDispose]();
  await client.clone.retire({ who: clone });
});

/** How the clone's newest task stands. */
async function newest(): Promise<string | undefined> {
  const { tasks } = await client.task.list({ who: clone, limit: 1 });
  return tasks[0]?.status;
}

describe('act in a real terminal', () => {
  it('asks about approvals right there', async () => {
    terminal.type(`k act ${clone} 'write yes.txt; write no.txt; write always.txt; write more.txt'`);
    await terminal.shows(/yes\.txt[\s\S]*allow it\?/);
    terminal.type('y');
    await terminal.shows(/no\.txt[\s\S]*allow it\?.*\n?[\s\S]*allow it\?/);
    terminal.type('what is it?');
    await terminal.shows(/what is it\?\s+allow it\?/);
    terminal.type('no, not there');
    await terminal.shows(/• Write: .*always\.txt[\s\S]*allow it\?/);
    terminal.type('a');
    await terminal.shows(/ended with \d/);
    const made = ['yes.txt', 'no.txt', 'always.txt', 'more.txt'].map((file) =>
      existsSync(join(zone.root, file)),
    );
    expect(made).toEqual([true, false, true, true]);
  });

  it('asks a question and takes a number', async () => {
    terminal.type(`k act ${clone} 'ask Which colour? red | green'`);
    await terminal.shows(/asks: Which colour\?\s+1\. red\s+2\. green\s+answer \(a number/);
    terminal.type('2');
    const [screen] = await terminal.shows(/[\s\S]*answered: green[\s\S]*ended with 0/);
    expect(screen).not.toContain('AskUserQuestion');
  });

  it('takes nothing for an answer that was typed before it asked', async () => {
    terminal.type(`k act ${clone} 'slow 1000 then write ahead.txt'`);
    await terminal.shows(/▸ t_[\s\S]*The demo/);
    // A whole line, and one that only Enter is missing from.
    terminal.type('y');
    terminal.press('y');
    await terminal.shows(/allow it\? .*: $/);
    terminal.press('Enter');
    await terminal.shows(/allow it\? [\s\S]*allow it\? .*: $/);
    terminal.type('n');
    await terminal.shows(/ended with 0/);
    expect(existsSync(join(zone.root, 'ahead.txt'))).toBe(false);
  });

  it('gives way when another client answers first', async () => {
    terminal.type(`k act ${clone} 'write other.txt'`);
    await terminal.shows(/allow it\?/);
    const { approvals } = await client.approval.list({ who: clone });
    await client.approval.respond({ approval: approvals[0]?.id ?? '', decision: 'allow' });
    await terminal.shows(/allowed\n[\s\S]*ended with 0/);
    expect(await newest()).toBe('done');
  });

  it('asks on Ctrl-C, and goes on with Enter', async () => {
    terminal.type(`k act ${clone} 'slow 1500 then say after'`);
    await terminal.shows(/▸ t_/);
    terminal.press('C-c');
    await terminal.shows(/\[c\]ancel it, \[l\]eave it running/);
    terminal.press('Enter');
    await terminal.shows(/✓ t_\w+ done[\s\S]*ended with 0/);
    expect(await newest()).toBe('done');
  });

  it('cancels on request', async () => {
    terminal.type(`k act ${clone} 'slow 60000'`);
    await terminal.shows(/▸ t_/);
    terminal.press('C-c');
    await terminal.shows(/leave it running|\[l\]eave/);
    terminal.type('c');
    await terminal.shows(/cancelled[\s\S]*ended with 5/);
    expect(await newest()).toBe('cancelled');
  });

  it.each(['l', 'C-c'])('leaves it running on request, and on a second Ctrl-C: %s', async (answer) => {
    terminal.type(`k act ${clone} 'slow 60000'`);
    const [, task = ''] = await terminal.shows(/▸ (t_\w+)/);
    terminal.press('C-c');
    await terminal.shows(/\[l\]eave/);
    if (answer === 'l') terminal.type(answer);
    else terminal.press(answer);
    const [screen] = await terminal.shows(new RegExp(`[\\s\\S]*${task} goes on[\\s\\S]*ended with 7`));
    // The question stands alone on its line, whatever came meanwhile.
    expect(screen).toMatch(/Enter to go on watching\? (?:l|\^C)?\n/);
    expect((await client.task.get({ task })).status).toBe('running');
    await client.task.cancel({ task });
  });

  it('asks on Ctrl-C while an approval is asked about, and then asks about that again', async () => {
    terminal.type(`k act ${clone} 'write late.txt'`);
    await terminal.shows(/allow it\?/);
    terminal.press('C-c');
    await terminal.shows(/\[l\]eave/);
    terminal.press('Enter');
    await terminal.shows(/allow it\?[\s\S]*\[l\]eave[\s\S]*allow it\?/);
    terminal.type('y');
    await terminal.shows(/ended with 0/);
    expect(existsSync(join(zone.root, 'late.txt'))).toBe(true);
  });
});

describe('the live board in a real terminal', () => {
  it('follows what happens in place, and gives the cursor back', async () => {
    terminal.type('k status --watch');
    await terminal.shows(new RegExp(`${clone} +off`));
    const { id } = await client.clone.act({ who: clone, say: 'slow 60000' });
    await terminal.shows(new RegExp(`${clone} +working +act: slow 60000 .*${id}`));
    await client.task.cancel({ task: id });
    await terminal.shows(new RegExp(`${clone} +(idle|off)`));
    terminal.press('C-c');
    const [screen] = await terminal.shows(/[\s\S]*ended with 0/);
    // One board, drawn over, and not one below the other.
    expect(screen.match(/^CLONE /gm)).toHaveLength(1);
  });
});

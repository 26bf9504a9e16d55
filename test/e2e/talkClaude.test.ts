import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cliProgram } from '../support/cli.js';
import { claudeZone } from '../support/claudeZone.js';
import { say } from '../support/scriptedModel.js';
import { noTmux, Tmux } from '../support/tmux.js';

describe('khlone talk with the real Claude Code, in tmux', () => {
  it('is one conversation: dispatched, talked, detached, dispatched again', async ({ skip }) => {
    skip(noTmux !== undefined, noTmux);
    await using zone = await claudeZone({ tui: true });
    zone.model.rule('the word is plum', say('Noted: plum.'));
    zone.model.rule('and the fruit is pear', say('Noted: pear.'));
    zone.model.rule('what do you know', say('Plum and pear.'));
    const folder = join(dirname(zone.root), 'tmux');
    mkdirSync(folder);
    await using tmux = new Tmux({ folder, cwd: zone.root, env: zone.env });
    const window = await tmux.open({ cols: 100, rows: 30 });
    await window.line(`k() { '${process.execPath}' '${cliProgram}' "$@"; echo "ended with $?"; }; clear`);
    await window.shows(/^\$$/);
    await window.line("k enroll mechanic; k act mechanic.1 'the word is plum'");
    await window.shows(/Noted: plum\.[\s\S]*ended with 0\n\$$/);
    const [before, state] = await Promise.all([window.everything(), window.state()]);

    await window.line('k talk mechanic.1');
    await window.shows(/the word is plum[\s\S]*Noted: plum\.[\s\S]*❯/);
    await window.type('and the fruit is pear');
    await window.shows(/❯.and the fruit is pear/);
    await window.press('Enter');
    await window.shows(/Noted: pear\./);
    await window.press('C-b', 'd');
    await window.shows(/ended with 0\n\$$/);
    const parting = '[detached from mechanic.1; it lives on: khlone talk mechanic.1]';
    expect(await window.everything()).toBe(`${before} k talk mechanic.1\n${parting}\nended with 0\n$`);
    expect(await window.state()).toEqual(state);

    await window.line('clear; k talk mechanic.1');
    await window.shows(/Noted: pear\.[\s\S]*❯/);
    await window.press('C-b', 'd');
    await window.shows(/ended with 0\n\$$/);
    await window.line("clear; k act mechanic.1 'what do you know'");
    await window.shows(/Plum and pear\.[\s\S]*ended with 0\n\$$/);
    const asked = JSON.stringify(zone.model.requests.at(-1)?.body);
    expect(asked).toContain('the word is plum');
    expect(asked).toContain('and the fruit is pear');

    // The brain's own way out.
    await window.line('clear; k talk mechanic.1');
    await window.shows(/Plum and pear\.[\s\S]*❯/);
    await window.type('/exit');
    await window.shows(/❯.\/exit/);
    await window.press('Enter');
    await window.shows(/\[mechanic\.1 ended: exit code 0\]\nended with 0\n\$$/);
    expect(await window.state()).toEqual(state);
  });
});

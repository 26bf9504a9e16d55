import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { parseSince } from '../../../cli/commands/usage.js';
import {
  longestSay,
  parseAnswers,
  parseChoice,
  parseCpus,
  parseDuration,
  parseEnvironment,
  parseFrom,
  parseInteger,
  parseMemory,
  parsePairs,
  parseSize,
  readSay,
  textOrFile,
} from '../../../cli/input.js';
import { maxSayLength } from '../../../protocol/shapes/common.js';

const folder = mkdtempSync(join(tmpdir(), 'khlone-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['1.5s', 1500],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '10', 'm', '-5s', '1y', '0s', '30d', '1 h'])('%j is none', (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ kind: 'invalidParams' }));
  });
});

describe('amounts of the machine', () => {
  it.each([
    ['512m', 512],
    ['4g', 4096],
    ['1.5GiB', 1536],
    ['1t', 1_048_576],
  ])('%s is %i MiB', (text, memory) => {
    expect(parseMemory(text)).toBe(memory);
  });

  it.each(['', '512', 'm', '-4g', '8m', '4k', '99t'])('%j is no memory', (text) => {
    expect(() => parseMemory(text)).toThrow(expect.objectContaining({ kind: 'invalidParams' }));
  });

  it('are processors, or a part of one', () => {
    expect(['0.5', '2', '16'].map(parseCpus)).toEqual([0.5, 2, 16]);
    for (const text of ['', '0', '-1', 'two', '1e3', '9999'])
      expect(() => parseCpus(text)).toThrow(expect.objectContaining({ kind: 'invalidParams' }));
  });
});

describe('words on the command line', () => {
  it('are numbers within bounds', () => {
    expect(parseInteger('-3', -10, 10)).toBe(-3);
    for (const text of ['11', '1.5', 'x', '', '1e3'])
      expect(() => parseInteger(text, -10, 10)).toThrow('whole number');
  });

  it('are sizes', () => {
    expect(parseSize('120x40')).toEqual({ cols: 120, rows: 40 });
    for (const text of ['120', '0x40', '120x1001', 'axb', '-1x2', '1.5x2'])
      expect(() => parseSize(text)).toThrow(expect.objectContaining({ kind: 'invalidParams' }));
  });

  it('are pairs', () => {
    expect(parsePairs(['a=b=c', 'd='], '--label')).toEqual({ a: 'b=c', d: '' });
    expect(() => parsePairs(['=x'], '--label')).toThrow('--label');
  });

  it('are variables, given or taken from the shell', () => {
    expect(parseEnvironment(['A=1', 'B'], { B: 'two' })).toEqual({ A: '1', B: 'two' });
    expect(() => parseEnvironment(['C'], {})).toThrow('C is not set');
  });

  it('are places in the history', () => {
    expect(parseFrom('start')).toBe('start');
    expect(parseFrom('3:120')).toEqual({ epoch: 3, seq: 120 });
    for (const text of ['3', '3:', 'a:b', '-1:2']) expect(() => parseFrom(text)).toThrow('no place');
  });

  it('are one of a few', () => {
    expect(parseChoice('b', ['a', 'b'], '--x')).toBe('b');
    expect(() => parseChoice('c', ['a', 'b'], '--x')).toThrow('a, b');
  });

  it('are times, or how long ago', () => {
    const now = Date.parse('2026-11-21T09:00:00.000Z');
    expect(parseSince('24h', now)).toBe('2026-11-20T09:00:00.000Z');
    expect(parseSince('2026-11-01', now)).toBe('2026-11-01T00:00:00.000Z');
    for (const text of ['2026-99-99', 'yesterday', '24'])
      expect(() => parseSince(text, now)).toThrow(
        expect.objectContaining({
          message: `--since "${text}" is neither a time nor how long ago.`,
          hint: expect.stringMatching(/2026-11-21T09:00.*24h/),
        }),
      );
  });

  it('are text, or a file of it', async () => {
    writeFileSync(join(folder, 'brief.md'), 'from the file');
    expect(await textOrFile('plain', '--brief')).toBe('plain');
    expect(await textOrFile(`@${join(folder, 'brief.md')}`, '--brief')).toBe('from the file');
    await expect(textOrFile(`@${join(folder, 'none')}`, '--brief')).rejects.toThrow('ENOENT');
  });

  it('are what to say, joined or from stdin', async () => {
    expect(await readSay(['say', 'hello'], Readable.from([]))).toBe('say hello');
    expect(await readSay(['-'], Readable.from(['a\n', 'b\n']))).toBe('a\nb');
    await expect(readSay([' '], Readable.from([]))).rejects.toThrow('nothing to say');
  });

  it('are what to say up to the length the protocol takes', async () => {
    expect(longestSay).toBe(maxSayLength);
    expect(await readSay(['-'], Readable.from(['x'.repeat(longestSay)]))).toHaveLength(longestSay);
    await expect(readSay(['-'], Readable.from(['x'.repeat(longestSay + 1)]))).rejects.toMatchObject({
      message: 'The text has 500,001 characters; a clone takes 500,000 at most.',
      hint: 'Put it in a file of the zone, and name the file in a short text.',
    });
  });

  it('are answers, by the questions as they were asked', () => {
    const questions = [{ question: 'a=b?' }, { question: 'two\nlines?' }];
    expect(parseAnswers(['a=b?=yes', 'two lines?=x=y', 'other=z'], questions)).toEqual({
      'a=b?': 'yes',
      'two\nlines?': 'x=y',
      other: 'z',
    });
    expect(() => parseAnswers(['yes'], questions)).toThrow('--answer');
  });
});

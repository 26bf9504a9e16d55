// npm run bench [-- --json] [-- <name>…]: khlone's speed against bare figures of the same run.
// Ratios travel between machines, absolute times do not. Always exits with 0: a miss is printed, not fatal.
import { askPrint } from './askPrint.mjs';
import { adopt } from './adopt.mjs';
import { ask } from './ask.mjs';
import { claudeTalk } from './claudeTalk.mjs';
import { deafProgram } from './deafProgram.mjs';
import { drain } from './drain.mjs';
import { echo } from './echo.mjs';
import { lateAttach } from './lateAttach.mjs';
import { table } from './measure.mjs';
import { neverReads } from './neverReads.mjs';
import { ping } from './ping.mjs';
import { receipt } from './receipt.mjs';
import { rest } from './rest.mjs';
import { start } from './start.mjs';
import { statusCommand } from './statusCommand.mjs';
import { watch } from './watch.mjs';

const parts = {
  ping,
  receipt,
  status: statusCommand,
  start,
  rest,
  drain,
  echo,
  watch,
  lateAttach,
  neverReads,
  deafProgram,
  claudeTalk,
  adopt,
  ask,
  'ask-print': askPrint,
};

const args = process.argv.slice(2);
const json = args.includes('--json');
const chosen = args.filter((arg) => !arg.startsWith('--'));
const rows = [];
for (const [name, measure] of Object.entries(parts)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  if (!json) console.error(`measuring ${name}`);
  try {
    rows.push(...(await measure()));
  } catch (error) {
    rows.push({
      name,
      unit: '',
      verdict: 'MISSED',
      error: `${error.kind ?? error.name}: ${error.message}`,
    });
  }
}
const missed = rows.filter((row) => row.verdict === 'MISSED');
if (json) console.log(JSON.stringify({ node: process.version, platform: process.platform, rows }, null, 2));
else
  console.log(
    `\n${table(rows)}\n\n${missed.length === 0 ? 'all met' : `MISSED: ${missed.length} of ${rows.length}`}`,
  );

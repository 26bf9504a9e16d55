import { expect, it } from 'vitest';
import { renderGap } from '../../../../cli/render/gap.js';

it('tells a history that was cut from a place of another history', () => {
  const at = (seq: number) => ({ epoch: 2, seq });
  expect(renderGap({ from: at(3), to: at(90) })).toBe('  The history before 2:90 is no longer kept.\n');
  expect(renderGap({ from: at(90), to: at(0) })).toBe(
    '  That place is not of this history: it is shown from its start.\n',
  );
});

// A `claude` that answers at once, with when it read its line and when it answered: the monotonic clock in ns, which is
// the same for all processes. What is left between a call and the end of its task is khlone's own time.
import { createInterface } from 'node:readline';

const line = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

createInterface({ input: process.stdin }).on('line', (text) => {
  const read = process.hrtime.bigint();
  const { type, uuid, request_id: id } = JSON.parse(text);
  if (type === 'control_request')
    line({ type: 'control_response', response: { subtype: 'success', request_id: id } });
  if (type !== 'user') return;
  line({ type: 'user', isReplay: true, uuid, message: { role: 'user', content: [] } });
  const result = `${read} ${process.hrtime.bigint()}`;
  line({ type: 'result', subtype: 'success', is_error: false, result, modelUsage: {} });
});

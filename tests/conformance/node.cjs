// Runs the conformance cases in Node, as strict code: reads [{code, inputs}] and writes, for each input, what comes out.
'use strict';
process.env.TZ = 'UTC';
const run = async (code, input) => {
  try {
    const step = (0, eval)(`'use strict'; (${code}\n)`);
    const result = await step(JSON.parse(input), {});
    if (!result) return { outcome: 'filtered' };
    return { outcome: 'ok', text: JSON.stringify(result) };
  } catch (e) {
    return { outcome: 'failed', error: e instanceof Error || (e && e.name) ? e.name : String(e) };
  }
};
(async () => {
  const chunks = [];
  for await (const c of process.stdin) chunks.push(c);
  const out = [];
  for (const { code, inputs } of JSON.parse(Buffer.concat(chunks).toString())) {
    const results = [];
    for (const input of inputs) results.push(await run(code, input));
    out.push(results);
  }
  process.stdout.write(JSON.stringify(out));
})();

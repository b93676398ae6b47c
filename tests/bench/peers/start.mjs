// How long from the submission of a job until a graphile-worker begins it, and from its commit. One JSON object each.
// usage: node start.mjs CONNECTION-STRING JOBS
import { Logger, run, makeWorkerUtils } from "graphile-worker";

const [connectionString, count] = [process.argv[2], Number(process.argv[3])];
const submitted = new Map(), committed = new Map(), started = new Map();
const logger = new Logger(() => () => {}); // it would write to stdout
const utils = await makeWorkerUtils({ connectionString, logger });
await utils.withPgClient((pg) => pg.query("DELETE FROM graphile_worker._private_jobs"));
const runner = await run({
  connectionString, logger, concurrency: 1, noHandleSignals: true, pollInterval: 1000,
  taskList: { start: async (payload) => { started.set(payload.n, performance.now()); } },
});
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
for (let n = 0; n < count; n++) {
  submitted.set(n, performance.now());
  await utils.addJob("start", { n });
  committed.set(n, performance.now());
  for (let i = 0; i < 200 && !started.has(n); i++) await pause(5);
  await pause(10);
}
for (const [name, peer, since] of [
  ["graphile-start", "graphile-worker, job submitted to job started", submitted],
  ["graphile-start-committed", "graphile-worker, job committed to job started", committed], // it may begin before the answer is here
]) {
  const us = [...since].filter(([n]) => started.has(n)).map(([n, t]) => Math.round((started.get(n) - t) * 1000)).sort((a, b) => a - b);
  console.log(JSON.stringify({
    name, peer, jobs_per_s: null,
    latency: { count: us.length, p50_us: us[us.length >> 1], p99_us: us[Math.floor(us.length * 0.99)] },
  }));
}
await runner.stop();
await utils.release();
process.exit(0);

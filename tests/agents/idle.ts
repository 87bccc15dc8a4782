/** Runs in a thread of its own and does nothing: how late are its timers? That is the machine's share. */
import { parentPort } from 'node:worker_threads';

const STEP_MS = 10;
const port = parentPort;
if (port) {
  const lateMs: number[] = [];
  let dueMs = performance.now() + STEP_MS;
  const tick = () => {
    const nowMs = performance.now();
    lateMs.push(nowMs - dueMs);
    dueMs = nowMs + STEP_MS;
    setTimeout(tick, STEP_MS);
  };
  setTimeout(tick, STEP_MS);
  port.on('message', () => port.postMessage(Float64Array.from(lateMs)));
}

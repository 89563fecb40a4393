// What a complete call costs in our own code: INVITE, 180, 200, ACK, BYE, 200 through the whole engine (see whole-calls.ts).
//
//   node --max-semi-space-size=8 bench/micro/call.ts [calls in thousands]

import { setImmediate } from "node:timers/promises";
import { median } from "../figures.ts";
import { WholeCalls } from "../whole-calls.ts";

const BATCH = 200;
const BATCHES = Number(process.argv[2] ?? 20) * 5;

const calls = await new WholeCalls().open();
const figures: number[] = [];
for (let i = 0; i < BATCHES; i++) {
  figures.push(calls.run(BATCH));
  await setImmediate(); // timers run here
}
const warm = figures.slice(Math.floor(figures.length / 3));
console.log(`complete call, our code only: ${median(warm).toFixed(1)} µs CPU (median of ${warm.length} batches of ${BATCH} calls)`);
await calls.close();

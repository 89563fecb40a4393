// What it costs to be able to explain calls afterwards: complete calls with messages not kept, as first lines, and whole, in turns, in one
// process; a step of the history alone; and what dlg_explain itself takes.
//
//   node --max-semi-space-size=8 bench/micro/explain.ts [rounds]

import { setImmediate } from "node:timers/promises";
import { median } from "../figures.ts";
import { WholeCalls } from "../whole-calls.ts";

const BATCH = 200;
const ROUNDS = Number(process.argv[2] ?? 120);
const DETAILS = ["none", "lines", "whole"] as const;

const benches = await Promise.all(DETAILS.map((explainMessages) => new WholeCalls({ explainMessages }, true).open()));
const figures: number[][] = DETAILS.map(() => []);
for (let round = 0; round < ROUNDS; round++) {
  for (let i = 0; i < DETAILS.length; i++) {
    // whoever begins changes, as what one leaves behind the next one may have to collect
    const at = (i + round) % DETAILS.length;
    figures[at]?.push(benches[at]?.run(BATCH) ?? Number.NaN);
    await setImmediate(); // timers run here
  }
}
const warm = figures.map((all) => all.slice(all.length >> 2));
const [without = Number.NaN] = warm.map(median);
for (const [i, detail] of DETAILS.entries()) {
  const cost = median(warm[i] ?? []);
  const perCall = (benches[i]?.messages ?? 0) / (ROUNDS * BATCH);
  // the difference within each round: what comes and goes on the machine meets both
  const more = median((warm[i] ?? []).map((one, round) => one - (warm[0]?.[round] ?? one)));
  const extra =
    i === 0
      ? ""
      : `, ${more >= 0 ? "+" : ""}${more.toFixed(1)} µs (${((more / without) * 100).toFixed(1)} %), ${((more * 1000) / perCall).toFixed(0)} ns a message`;
  console.log(`complete call, explainMessages ${detail.padEnd(5)} ${cost.toFixed(1)} µs CPU${extra}`);
}

const [, lines] = benches;
if (lines === undefined) throw new Error("there is a bench");
lines.hold(1000);
const { dialogs, statistics } = lines.engine;
const [dialog] = dialogs.all();
if (dialog === undefined) throw new Error("there is a call");
const kept = statistics.find("dialog:explain_messages")?.read() ?? 0;
const lost = statistics.find("dialog:explain_lost_messages")?.read() ?? 0;
const bytes = statistics.find("dialog:explain_message_bytes")?.read() ?? 0;
console.log(`lines: ${(bytes / (kept - lost)).toFixed(0)} bytes a message in memory, ${kept - lost} of ${kept} messages there`);

/** @returns ns of CPU for one */
function timed(count: number, run: (i: number) => void): number {
  const costs: number[] = [];
  for (let round = 0; round < 15; round++) {
    const start = process.cpuUsage();
    for (let i = 0; i < count; i++) run(i);
    const { user, system } = process.cpuUsage(start);
    costs.push(((user + system) * 1000) / count);
  }
  return median(costs.slice(5));
}

const step = timed(50_000, (i) => dialog.setFlags(i));
const [story] = dialogs.explain(dialog.did);
console.log(`a change of a dialog with its step in the history: ${step.toFixed(0)} ns`);
const all = [...dialogs.all()];
const explain = timed(200, (i) => {
  const one = all[1 + (i % (all.length - 1))];
  if (one !== undefined && dialogs.explain(one.did).length !== 1) throw new Error("each call has a story");
});
const { length: messages } = dialogs.explain(all.at(-1)?.did ?? "")[0]?.messages ?? [];
console.log(`the story of one of ${all.length} calls, ${messages} messages: ${(explain / 1000).toFixed(1)} µs`);
if (story === undefined) throw new Error("a live call is explained");
for (const bench of benches) await bench.close();

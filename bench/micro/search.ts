// What it takes to find calls among 100,000: by variable, by profile, by Call-ID, by cookie and by the id of tables, with what a script gets of
// each (the JSON of get_dialogs_by_val and get_dialogs_by_profile). Goal: at most 20 µs. CPU of this thread.
//
//   node --max-semi-space-size=8 bench/micro/search.ts [calls]

import { dialogText } from "../../src/dialog/index.ts";
import { median } from "../figures.ts";
import { CALLS_PER_TRUNK, callIdOf, manyDialogs } from "../many-dialogs.ts";

const COUNT = Number(process.argv[2] ?? 100_000);
const BATCH = 2_000;
const BATCHES = 30;
const GOAL_US = 20;

const calls = await manyDialogs(COUNT);
const { dialogs, profiles } = calls.engine;
const trunk = profiles.get("trunk");
const caller = profiles.get("caller");
if (trunk === undefined || caller === undefined) throw new Error("there are profiles");
const dids = Array.from({ length: BATCH }, (_, i) => dialogs.byCallId(callIdOf(1 + ((i * 47) % (COUNT - 1))))?.did ?? "");
const dbIds = dids.map((did) => String(dialogs.byDid(did)?.dbId));

/** @param run - gets a number that is another each time; returns how many it has found */
function timed(name: string, found: number, run: (n: number) => number): number {
  const costs: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const from = batch * BATCH;
    const start = process.threadCpuUsage();
    // far apart, and groups of ten whole
    for (let i = 0; i < BATCH; i++)
      if (run(10 + (((from + i) * 7919) % (COUNT - 20))) !== found) throw new Error(`${name} found something else`);
    const { user, system } = process.threadCpuUsage(start);
    costs.push((user + system) / BATCH);
  }
  const cost = median(costs.slice(BATCHES / 3));
  console.log(`${name.padEnd(52)} ${cost.toFixed(2).padStart(6)} µs`);
  return cost;
}

console.log(`${dialogs.count.toLocaleString("en-US")} calls`);
const group = (n: number): number => Math.floor(n / CALLS_PER_TRUNK);
const costs = [
  timed("by variable, one call", 1, (n) => dialogs.byValue("account", `account-${n}`).length),
  timed("get_dialogs_by_val, one call with its JSON", 1, (n) => {
    const found = dialogs.byValue("account", `account-${n}`);
    for (const dialog of found) dialogText(dialog, true);
    return found.length;
  }),
  timed("by variable, ten calls", CALLS_PER_TRUNK, (n) => dialogs.byValue("site", `site-${group(n)}`).length),
  timed("by variable, none", 0, (n) => dialogs.byValue("account", `nobody-${n}`).length),
  timed("by profile, one call", 1, (n) => caller.members(`user-${n}`).length),
  timed("get_dialogs_by_profile, one call with its JSON", 1, (n) => {
    const found = caller.members(`user-${n}`);
    for (const dialog of found) dialogText(dialog, true);
    return found.length;
  }),
  timed("by profile, ten calls", CALLS_PER_TRUNK, (n) => trunk.members(`trunk-${group(n)}`).length),
  timed("by Call-ID", 1, (n) => (dialogs.byCallId(callIdOf(n)) === undefined ? 0 : 1)),
  timed("as a command is given it: Call-ID", 1, (n) => (dialogs.lookup(callIdOf(n)) === undefined ? 0 : 1)),
  timed("as a command is given it: did", 1, (n) => (dialogs.lookup(dids[n % BATCH] ?? "") === undefined ? 0 : 1)),
  timed("as a command is given it: id of tables", 1, (n) => (dialogs.lookup(dbIds[n % BATCH] ?? "") === undefined ? 0 : 1)),
];
const worst = Math.max(...costs);
console.log(`all within ${GOAL_US} µs: ${worst <= GOAL_US ? "yes" : `no, ${worst.toFixed(1)} µs`}`);
await calls.close();
process.exit(0);

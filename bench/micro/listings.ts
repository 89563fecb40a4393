// Whether anything waits while long work goes on among 100,000 calls: lists over HTTP and the checker. For each: how long it took, the longest time
// between two turns of the loop, on the clock and as CPU of this thread. Goal: no turn above 20 ms. The client is another process.
//
//   node --max-semi-space-size=8 bench/micro/listings.ts [calls]

import { spawn } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { createManagement } from "../../src/server/management.ts";
import { manyDialogs } from "../many-dialogs.ts";

const COUNT = Number(process.argv[2] ?? 100_000);
const RUNS = 3;
const COMMANDS: readonly (readonly [method: string, params: object])[] = [
  ["dlg_list", {}],
  ["dlg_list_ctx", {}],
  ["dlg_list", { index: COUNT - 10, counter: 10 }],
  ["profile_list_dlgs", { profile: "calls" }],
  ["profile_list_dlgs", { profile: "caller" }],
  ["profile_get_values", { profile: "caller" }],
  ["dlg_check", {}],
];
/** Reads a reply to its end and says how long it was. */
const CLIENT = `
const [port, body] = process.argv.slice(1);
const request = require("node:http").request({ port, host: "127.0.0.1", path: "/mi", method: "POST", headers: { "Content-Type": "application/json" } }, (response) => {
  let bytes = 0, end = "";
  response.on("data", (chunk) => { bytes += chunk.length; end = (end + chunk.toString("latin1")).slice(-80); });
  response.on("end", () => process.stdout.write(response.statusCode + " " + bytes + " " + (response.complete && end.endsWith("}"))));
});
request.end(body);`;

/** How long turns of the loop are. */
class Turns {
  longestMs = 0;
  longestCpuMs = 0;
  #at = performance.now();
  #cpu = process.threadCpuUsage();
  #isOn = true;

  constructor() {
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    const now = performance.now();
    const { user, system } = process.threadCpuUsage(this.#cpu);
    this.longestMs = Math.max(this.longestMs, now - this.#at);
    this.longestCpuMs = Math.max(this.longestCpuMs, (user + system) / 1000);
    this.#at = now;
    this.#cpu = process.threadCpuUsage();
    if (this.#isOn) setImmediate(this.#turn);
  };

  stop(): void {
    this.#isOn = false;
  }
}

const calls = await manyDialogs(COUNT, { mi: "127.0.0.1:0" });
const management = createManagement(calls.engine, { get: () => 0, set: () => {} }, () => {});
await management.listen();
const port = management.http?.address?.port ?? 0;

function ask(method: string, params: object): Promise<string> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const child = spawn(process.execPath, ["-e", CLIENT, String(port), body], { stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve) => {
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.on("close", () => resolve(out));
  });
}

console.log(`${calls.engine.dialogs.count.toLocaleString("en-US")} calls; the worst of ${RUNS} runs each`);
const idle = new Turns();
await setTimeout(2000);
idle.stop();
console.log(
  `${"(nothing)".padEnd(28)}                        longest turn ${idle.longestCpuMs.toFixed(1).padStart(5)} ms of CPU, ${idle.longestMs.toFixed(1).padStart(5)} ms on the clock`,
);
let worst = 0;
for (const [method, params] of COMMANDS) {
  let longest = 0;
  let longestCpu = 0;
  let took = 0;
  let bytes = "";
  for (let run = 0; run < RUNS; run++) {
    await setTimeout(200);
    const start = performance.now();
    const turns = new Turns();
    const [status, size = "", isWhole] = (await ask(method, params)).split(" ");
    turns.stop();
    if (status !== "200" || isWhole !== "true") throw new Error(`${method} was answered with ${status}`);
    took = Math.max(took, performance.now() - start);
    longest = Math.max(longest, turns.longestMs);
    longestCpu = Math.max(longestCpu, turns.longestCpuMs);
    bytes = size;
  }
  worst = Math.max(worst, longestCpu);
  const name = `${method} ${Object.values(params).join(" ")}`.trim().padEnd(28);
  console.log(
    `${name} ${(Number(bytes) / 2 ** 20).toFixed(1).padStart(6)} MiB in ${took.toFixed(0).padStart(5)} ms; longest turn ${longestCpu.toFixed(1).padStart(5)} ms of CPU, ` +
      `${longest.toFixed(1).padStart(5)} ms on the clock`,
  );
}
const start = process.threadCpuUsage();
const problems = calls.engine.dialogs.check();
const { user, system } = process.threadCpuUsage(start);
if (problems.length > 0) throw new Error(problems.join("\n"));
console.log(`the same check in one go: ${((user + system) / 1000).toFixed(0)} ms of CPU`);
console.log(`no turn above 20 ms of CPU: ${worst <= 20 ? "yes" : `no, ${worst.toFixed(1)} ms`}`);
await management.close(10);
await calls.close();
process.exit(0);

import assert from "node:assert/strict";
import { test } from "node:test";
import { Timer, type TimerOwner } from "../../kit/index.ts";
import { type ScriptBench, testScript } from "../../testing/script.ts";
import type { Registry } from "../compile/registry.ts";
import { scriptRegistry } from "../index.ts";
import { must, type ScriptModule } from "../module.ts";
import { Routes } from "../routes.ts";
import type { Run } from "../run.ts";
import { replyText, requestText, startOf } from "./fixtures.ts";

const CALLEE = "10.0.0.3:5060";
const CALLER = "10.0.0.2:5060";
const HEAD = 'loadmodule "tm.so" loadmodule "sl.so" loadmodule "signaling.so" loadmodule "test_wait.so"\n';

/** `wait_ms(n)`: gives back n after that many milliseconds. */
function waiting(): ScriptModule {
  return {
    name: "test_wait",
    parameters: [],
    functions: [
      {
        name: "wait_ms",
        parameters: [must("ms", "int")],
        routes: Routes.all,
        isAsync: true,
        bind: (call) => {
          const ms = call.int(0);
          return (run) => later(run, ms(run) ?? 0);
        },
      },
    ],
    variables: [],
  };
}

function later(run: Run, ms: number): Promise<number> {
  return new Promise((resolve) => {
    const owner: TimerOwner = { onTimer: () => resolve(ms) };
    run.services.timers.arm(new Timer(owner, 0), ms);
  });
}

function registry(): Registry {
  const all = scriptRegistry();
  return { ...all, module: (name) => (name === "test_wait" ? waiting : all.module(name)) };
}

function start(text: string): Promise<ScriptBench> {
  return testScript(HEAD + text, { registry: registry() });
}

function lines(bench: ScriptBench, to: string): string[] {
  return bench.sent.filter((one) => one.to === to).map((one) => startOf(one.text));
}

test("a request route that waits keeps its transaction: retransmissions are absorbed, exit and results are as ever", async () => {
  const bench = await start(
    'route { xlog("in "); if (wait_ms(50)) xlog("$rc "); route(go); xlog("never"); } route[go] { wait_ms(10); t_relay(); exit; }',
  );
  bench.receive(requestText("INVITE"));
  await bench.advance(20);
  bench.receive(requestText("INVITE"));
  await bench.advance(100);
  assert.equal(bench.printed, "in 50 ");
  assert.deepEqual(lines(bench, CALLEE), ["INVITE"]);
  await bench.close();
});

test("after a route has waited its branch routes still see its variables (decision 9)", async () => {
  const bench = await start(
    'route { $var(x) = 1; wait_ms(20); $var(x) = 2; t_on_branch("b"); t_relay(); xlog("$var(x)"); } branch_route[b] { xlog("b$var(x) "); $var(x) = 3; }',
  );
  bench.receive(requestText("OPTIONS"));
  await bench.advance(100);
  assert.equal(bench.printed, "b2 3");
  await bench.close();
});

test("a CANCEL while the request route waits: the relay that follows is answered 487 (TM-41)", async () => {
  const bench = await start('route { if ($rm == "CANCEL") { t_relay(); exit; } wait_ms(50); t_relay(); xlog("$rc"); }');
  bench.receive(requestText("INVITE"));
  await bench.advance(10);
  bench.receive(requestText("CANCEL"));
  await bench.advance(100);
  assert.equal(bench.printed, "1");
  assert.deepEqual(lines(bench, CALLEE), []);
  assert.ok(lines(bench, CALLER).includes("487"));
  await bench.close();
});

test("a named reply route that waits holds its reply and the later ones of the branch back, in order", async () => {
  const bench = await start(`
    route { t_on_reply("r"); append_branch("sip:carol@10.0.0.4:5060"); t_relay(); }
    onreply_route[r] { xlog("<$rs "); if ($rs == 180) wait_ms(100); xlog("$rs> "); if ($rs == 181) drop; }`);
  bench.receive(requestText("INVITE"));
  await bench.advance(10);
  const invite = bench.sent.find((one) => one.to === CALLEE)?.text ?? "";
  const other = bench.sent.find((one) => one.to === "10.0.0.4:5060")?.text ?? "";
  for (const status of [180, 181, 183]) {
    bench.receive(replyText(invite, status), CALLEE);
    await bench.advance(5);
  }
  // another branch goes on
  bench.receive(replyText(other, 182, { toTag: "carol" }), "10.0.0.4:5060");
  await bench.advance(10);
  assert.deepEqual(lines(bench, CALLER), ["182"]);
  bench.receive(replyText(invite, 200), CALLEE);
  await bench.advance(200);
  assert.equal(bench.printed, "<180 <182 182> 180> <181 181> <183 183> <200 200> ");
  assert.deepEqual(lines(bench, CALLER), ["182", "180", "183", "200"]);
  await bench.close();
});

test("a global reply route that waits holds the reply before it is looked up; what it changes is in the relayed copy", async () => {
  const bench = await start(`loadmodule "sipmsgops.so"
    route { t_relay(); }
    onreply_route { append_hf("X-Before: 1\\r\\n"); if ($rs == 180) wait_ms(60); append_hf("X-After: 1\\r\\n"); if ($rs == 181) drop; xlog("$rs "); }`);
  bench.receive(requestText("INVITE"));
  await bench.advance(10);
  const invite = bench.sent.find((one) => one.to === CALLEE)?.text ?? "";
  for (const status of [180, 181, 200]) {
    bench.receive(replyText(invite, status), CALLEE);
    await bench.advance(5);
  }
  assert.deepEqual(lines(bench, CALLER), []);
  await bench.advance(100);
  assert.equal(bench.printed, "180 200 ");
  assert.deepEqual(lines(bench, CALLER), ["180", "200"]);
  for (const { text } of bench.sent.filter((one) => one.to === CALLER)) assert.match(text, /X-Before: 1\r\nX-After: 1\r\n/);
  await bench.close();
});

test("a failure route that waits keeps the caller waiting and may relay again", async () => {
  const bench = await start(`
    route { t_on_failure("f"); t_relay(); }
    failure_route[f] { wait_ms(50); xlog("$T_reply_code "); $ru = "sip:carol@10.0.0.4:5060"; t_relay(); }`);
  bench.receive(requestText("INVITE"));
  await bench.advance(10);
  bench.receive(replyText(bench.sent[0]?.text ?? "", 486), CALLEE);
  await bench.advance(10);
  assert.deepEqual(lines(bench, CALLER), []);
  await bench.advance(100);
  assert.deepEqual([bench.printed, lines(bench, "10.0.0.4:5060")], ["486 ", ["INVITE"]]);
  await bench.close();
});

test("branch, local and error routes cannot wait: the function counts as -1 and the block goes on", async () => {
  const bench = await start('route { t_on_branch("b"); t_relay(); } branch_route[b] { wait_ms(10); xlog("$rc "); }');
  bench.receive(requestText("OPTIONS"));
  await bench.advance(50);
  assert.deepEqual([bench.printed, lines(bench, CALLEE)], ["-1 ", ["OPTIONS"]]);
  assert.equal(bench.complaints.length, 1);
  await bench.close();
});

test("the startup route may wait; a timer route that still waits is left out", async () => {
  const bench = await start(
    'startup_route { wait_ms(100); xlog("up "); } timer_route[t, 1] { xlog("t"); wait_ms(1500); xlog(". "); } route { exit; }',
  );
  assert.equal(bench.printed, "up ");
  await bench.advance(4600);
  assert.equal(bench.printed, "up t. t. ");
  assert.equal(bench.complaints.length, 2);
  await bench.close();
});

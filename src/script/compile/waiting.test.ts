// Functions that wait, `async` and `launch`: script-language 5.9, and scripts that behave the same whether they wait or not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Timer } from "../../kit/index.ts";
import { type ScriptBench, testScript } from "../../testing/script.ts";
import type { FunctionDefinition, Outcome } from "../module.ts";
import { Routes } from "../routes.ts";
import { Run, TransactionScope } from "../run.ts";
import { dummyRequest } from "./dummy.ts";
import { plainFunction, registryWith } from "./fixtures.ts";

/** A result that comes after some milliseconds of the engine's time. */
function later(run: Run, afterMs: number, code: number): Promise<number> {
  const { timers } = run.services;
  return new Promise((resolve) => timers.arm(new Timer({ onTimer: () => resolve(code) }, 0), afterMs));
}

/** `f(code)`, which waits or does not. */
function giving(name: string, outcome: (run: Run, code: number) => Outcome, isAsync = true): FunctionDefinition {
  return {
    name,
    parameters: [{ name: "code", type: "int", isOptional: false }],
    routes: Routes.all,
    isAsync,
    bind: (call) => {
      const code = call.int(0);
      return (run) => outcome(run, code(run) ?? -1);
    },
  };
}

const WAITING = giving("f", (run, code) => later(run, 10, code));
const IMMEDIATE = giving("f", (_, code) => code);
const BROKEN = plainFunction("broken", () => Promise.reject(new Error("broken")));

async function run(text: string, functions: readonly FunctionDefinition[], ms = 1000): Promise<ScriptBench> {
  const bench = await testScript(text, { registry: registryWith(functions) });
  await bench.advance(ms);
  await bench.close();
  return bench;
}

/** Scripts in which `f` stands wherever a call may stand. */
const EVERYWHERE: readonly (readonly [statements: string, printed: string])[] = [
  ['f(5); xlog("$rc "); f(-3); xlog("$rc "); f(0); xlog("never");', "5 -3 "],
  ['if (f(1)) xlog("t "); else xlog("e "); if (f(-1)) xlog("t "); else xlog("e "); xlog("$rc");', "t e 1"],
  ['if (!f(-1) && f(2) || f(-9)) xlog("t$rc "); else xlog("e$rc ");', "t2 "],
  ['if (f(-1) || f(0)) xlog("t"); xlog("never");', ""],
  ['$var(t) = "x"; if (f(1) && $var(t) == 5) xlog("t"); else xlog("error"); ', "error"],
  ['$var(t) = "x"; if (f(1) && $var(t) == 5 || f(9)) xlog("t"); else xlog("error $rc");', "error 1"],
  ['$var(t) = "x"; if (!(f(1) && $var(t) == 5) && f(9)) xlog("t"); else xlog("error $rc");', "error 1"],
  ['if ((f(1) && exit) || f(2)) xlog("never"); xlog("never");', ""],
  [
    '$var(x) = f(7); xlog("$var(x) "); $var(y) = 2 * f(4) - 1; xlog("$var(y) "); $var(z) = ~f(1); $var(x) += f(3); xlog("$var(z) $var(x)");',
    "7 7 -2 10",
  ],
  ['$var(x) = 1; $var(x) = "a" + f(1); xlog("$var(x) $rc"); $var(x) = f(0); xlog("never");', "1 -1"],
  ['$var(i) = 0; while (f(1) && $var(i) < 3) { f(2); $var(i) = $var(i) + 1; xlog("$var(i)"); } xlog(" $rc");', "123 1"],
  ['$var(i) = 0; while (1) { $var(i) = $var(i) + 1; if (f(1) && $var(i) > 2) break; xlog("$var(i)"); } xlog("end");', "12end"],
  [
    '$avp(l) = "a"; $avp(l) = "b"; for ($var(e) in $(avp(l)[*])) { f(1); xlog("$var(e)"); } for ($var(e) in $(avp(l)[*])) { f(1); break; } xlog(" $var(e)");',
    "ba b",
  ],
  [
    '$var(s) = 2; switch ($var(s)) { case 1: f(1); xlog("1"); case 2: f(1); xlog("2"); case 3: xlog("3"); f(1); break; default: xlog("d"); } xlog("end");',
    "23end",
  ],
  ['route(r, "p"); xlog("$rc "); if (route(r, "q")) xlog("yes"); $var(x) = route(r, "z"); xlog("$var(x)");', "p 6 q yesz 6"],
  ['route(out); xlog("never");', ""],
  [
    'assert(f(1)); xlog("a"); if ([f(3) - 3]) xlog("t"); else xlog("e"); if ($var(x) = f(4)) xlog("$var(x)"); xlog("b"); f(1); drop;',
    "ae4b",
  ],
  ['f(1); return(3); xlog("never");', ""],
];

const ROUTES = `
route[r] { f(1); xlog("$param(1) "); if (f(1)) { return(6); } }
route[out] { f(2); route(inner); xlog("never"); }
route[inner] { if (f(1)) { exit; } }
route[i] { xlog("resumed $rc $var(v) $avp(a) "); f(1); xlog("again"); }
`;

test("a script does the same whether its functions wait or not", async () => {
  for (const [statements, printed] of EVERYWHERE) {
    const text = `startup_route { ${statements} }\n${ROUTES}\nroute { exit; }`;
    const waiting = await run(text, [WAITING]);
    const immediate = await run(text, [IMMEDIATE]);
    assert.equal(immediate.printed, printed, statements);
    assert.equal(waiting.printed, printed, statements);
    assert.deepEqual(waiting.complaints, immediate.complaints, statements);
  }
});

test("async suspends the block; its resume route goes on with variables, AVPs and the result (5.9)", async () => {
  for (const f of [WAITING, IMMEDIATE]) {
    const text = `${ROUTES}route { $var(v) = "v"; $avp(a) = "a"; xlog("begin "); route(sub); xlog("never"); }\nroute[sub] { async(f(4), i); xlog("never"); }`;
    const bench = await testScript(text, { registry: registryWith([f]), request: REQUEST });
    await bench.advance(100);
    await bench.close();
    assert.equal(bench.printed, "begin resumed 4 v a again");
    assert.deepEqual(bench.complaints, []);
  }
});

test("async elsewhere than in request and reply routes warns, and the resume route runs all the same (5.9)", async () => {
  const bench = await run(`startup_route { async(f(4), i); xlog("never"); }\n${ROUTES}\nroute { exit; }`, [WAITING]);
  assert.equal(bench.printed, "resumed 4 <null> <null> again");
  assert.deepEqual(bench.complaints, ["async detected in non-request or reply route (test.cfg:1)"]);
});

test("a function that does not come back in time counts as −2 (5.9)", async () => {
  const slow = giving("f", (run, code) => later(run, 5000, code));
  const bench = await testScript(`${ROUTES.replaceAll("f(1);", "")}route { async(f(4), i, 2); }`, {
    registry: registryWith([slow]),
    request: REQUEST,
  });
  await bench.advance(1900);
  assert.equal(bench.printed, "");
  await bench.advance(200);
  assert.equal(bench.printed, "resumed -2 <null> <null> again");
  await bench.advance(10_000);
  assert.equal(bench.printed, "resumed -2 <null> <null> again");
  await bench.close();
});

test("launch goes on at once; its route has a request of nobody and the text as it was (5.9)", async () => {
  for (const f of [WAITING, IMMEDIATE]) {
    const text = `route { $var(v) = "old"; $avp(a) = 1; launch(f(4), done, "p $var(v) $rm"); $var(v) = "new"; xlog("on $rc "); launch(f(1)); exit; }
      route[done] { xlog("done $rc $rm $param(1) $avp(a)"); }`;
    const bench = await testScript(text, { registry: registryWith([f]), request: REQUEST });
    await bench.advance(100);
    await bench.close();
    assert.equal(bench.printed, "on 1 done 4 DUMMY p old OPTIONS <null>");
  }
});

test("a function that breaks counts as −1 and the script goes on", async () => {
  const bench = await run(
    'startup_route { broken(); xlog("$rc "); if (broken()) xlog("t"); else xlog("e "); launch(broken(), r); } route[r] { xlog("r $rc"); } route { exit; }',
    [BROKEN],
  );
  assert.equal(bench.printed, "-1 e r -1");
});

test("a script that never waits gives no promise", async () => {
  const bench = await testScript(
    'route { $var(x) = 1; route(r); } route[r] { f(1); if (f(2)) xlog("x"); while ($var(x) < 5) { $var(x) += 1; } }',
    {
      registry: registryWith([IMMEDIATE]),
    },
  );
  const outcome = bench.program
    .route("request", "")
    ?.execute(new Run(bench.services, "request", "", dummyRequest(), new TransactionScope()));
  assert.equal(typeof outcome, "number");
  await bench.close();
});

test("where a block cannot wait, a function that would is an error and −1", async () => {
  const bench = await testScript(
    'route { exit; } branch_route[b] { f(3); xlog("$rc "); if (f(3)) xlog("t"); else xlog("e "); $var(x) = f(2); xlog("$var(x)"); }',
    {
      registry: registryWith([WAITING]),
    },
  );
  const run = new Run(bench.services, "branch", "b", dummyRequest(), new TransactionScope());
  run.mayWait = false;
  assert.equal(typeof bench.program.route("branch", "b")?.execute(run), "number");
  assert.equal(bench.printed, "-1 e -1");
  assert.equal(bench.complaints.length, 3);
  await bench.close();
});

const REQUEST = `OPTIONS sip:x@10.0.0.1 SIP/2.0
Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-w1
Max-Forwards: 70
From: <sip:a@h>;tag=1
To: <sip:x@h>
Call-ID: w1
CSeq: 1 OPTIONS
Content-Length: 0

`;

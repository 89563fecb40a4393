// What a compiled script offers to those who run it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { testScript } from "../../testing/script.ts";
import { parseScript } from "../language/index.ts";
import { IntParameter, type ModuleFactory, type ScriptModule } from "../module.ts";
import type { ScriptServices } from "../ports.ts";
import { Run, TransactionScope } from "../run.ts";
import { printed } from "../values.ts";
import { dummyRequest } from "./dummy.ts";
import { plainFunction, registryWith } from "./fixtures.ts";
import { compileScript, type Program } from "./program.ts";
import type { Registry } from "./registry.ts";
import type { TraceEvent } from "./scope.ts";

function moduleWith(log: string[]): ModuleFactory {
  return (): ScriptModule => {
    const size = new IntParameter("size", 4);
    return {
      name: "store",
      parameters: [size],
      functions: [plainFunction("size", () => size.value)],
      variables: [],
      options: () => ({ hashSize: size.value }),
      seeds: () => new Map([["start", 7]]),
      needs: () => (size.value > 100 ? ["store: a size above 100 needs a database"] : []),
      attach: () => log.push("attach"),
      detach: () => void log.push("detach"),
    };
  };
}

function compile(text: string, registry: Registry, reuse?: Program): { readonly program: Program; readonly problems: readonly string[] } {
  const { tree, problems } = parseScript({ read: () => text }, "x.cfg");
  const compiled = compileScript(tree, registry, reuse === undefined ? {} : { reuse });
  return { program: compiled.program, problems: [...problems, ...compiled.problems].map((one) => `${one.severity} ${one.message}`) };
}

test("options come from global parameters and modules, later ones win", () => {
  const { program } = compile(
    'alias=example.com\nloadmodule "store.so"\nmodparam("store", "size", 8)\nroute { exit; }',
    registryWith([], { store: moduleWith([]) }),
  );
  assert.deepEqual(program.options(), { alias: ["example.com"], hashSize: 8 });
  assert.deepEqual(program.needs(), []);
  assert.deepEqual([...program.seeds], [["start", 7]]);
});

test("a setting that needs what is not there is no error of the script", () => {
  const { program, problems } = compile(
    'loadmodule "store.so"\nmodparam("store", "size", 800)\nroute { exit; }',
    registryWith([], { store: moduleWith([]) }),
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(program.needs(), ["store: a size above 100 needs a database"]);
});

test("routes are found by kind and name; timers and events in order; what is called is known", () => {
  const { program } = compile(
    `route { route(a); } route[a] { size(); } failure_route[a] { exit; } onreply_route { exit; } startup_route { exit; }
     timer_route[t, 5] { exit; } timer_route[t, 6] { exit; } event_route[E_X] { exit; } loadmodule "event_route.so"`,
    registryWith([plainFunction("size", () => 1)]),
  );
  assert.equal(program.route("request", "")?.name, "");
  assert.equal(program.route("request", "0"), program.route("request", ""));
  assert.equal(program.route("request", "a")?.kind, "request");
  assert.equal(program.route("failure", "a")?.kind, "failure");
  assert.equal(program.route("onreply", "")?.kind, "onreply");
  assert.equal(program.route("branch", "a"), undefined);
  assert.deepEqual(
    program.timers.map(({ name, seconds }) => [name, seconds]),
    [
      ["t", 5],
      ["t", 6],
    ],
  );
  assert.deepEqual(
    program.events.map(({ name }) => name),
    ["E_X"],
  );
  assert.equal(program.uses("size"), true);
  assert.equal(program.uses("t_relay"), false);
  assert.deepEqual(program.routeNames("request"), ["", "a"]);
});

test("modules are attached once and let go, and are made anew for each script", async () => {
  const log: string[] = [];
  const registry = registryWith([], { store: moduleWith(log) });
  const bench = await testScript('loadmodule "store.so"\nroute { exit; }', { registry });
  assert.deepEqual(log, ["attach"]);
  await bench.close();
  assert.deepEqual(log, ["attach", "detach"]);
});

test("a module runs a route by its name, with parameters and in its own frame", async () => {
  const bench = await testScript('route { exit; } route[r] { xlog("$param(1)"); return(5); } route[end] { exit; }', {
    registry: registryWith([]),
  });
  const { program, services } = bench;
  const run = freshRun(services);
  assert.equal(program.callRoute("r", run, ["p"]), 5);
  assert.equal(program.callRoute("end", run, []), 0);
  assert.equal(run.isStopped, true);
  assert.equal(program.callRoute("none", freshRun(services), []), -1);
  assert.equal(bench.printed, "p");
  assert.deepEqual(bench.complaints, ["called route [none] is not defined"]);
  await bench.close();
});

test("a script is read again against the modules that run (reload_routes)", () => {
  const registry = registryWith([], { store: moduleWith([]) });
  const first = compile('loadmodule "store.so"\nmodparam("store", "size", 8)\nmax_while_loops=3\nroute { exit; }', registry).program;
  const second = compile('loadmodule "store.so"\nmodparam("store", "size", 9)\nmax_while_loops=4\nroute { size(); }', registry, first);
  assert.deepEqual(second.problems, []);
  assert.deepEqual(second.program.options(), { hashSize: 8 });
  assert.equal(second.program.globals.maxWhileLoops, 3);
  assert.ok(second.program.modules.every((module) => first.modules.includes(module)));
  const third = compile('loadmodule "store.so"\nloadmodule "dialplan.so"\nroute { nope(); }', registry, first);
  assert.deepEqual(third.problems, ["error module dialplan is not running", "error unknown command <nope>, missing loadmodule?"]);
});

test("a tracer hears of every statement and every variable that is written", async () => {
  const events: string[] = [];
  const trace = (event: TraceEvent): void => {
    if (event.type === "statement") events.push(`line ${event.span.file.text.slice(event.span.start, event.span.end).split("\n")[0]}`);
    else events.push(`${event.name}=${printed(event.value)}`);
  };
  const bench = await testScript(
    "startup_route { $var(x) = 1;\nif ($var(x) == 1) { $avp(y) = $var(x) + 1; } route(r); }\nroute[r] { $var(x) = NULL; }\nroute { exit; }",
    {
      registry: registryWith([]),
      trace,
    },
  );
  await bench.close();
  assert.deepEqual(events, [
    "line $var(x) = 1",
    "$var(x)=1",
    "line if ($var(x) == 1) { $avp(y) = $var(x) + 1; }",
    "line $avp(y) = $var(x) + 1",
    "$avp(y)=2",
    "line route(r)",
    "line $var(x) = NULL",
    "$var(x)=<null>",
  ]);
});

function freshRun(services: ScriptServices): Run {
  return new Run(services, "request", "", dummyRequest(), new TransactionScope());
}

// What is found wrong with a script before it runs: script-language 3, 4, 4.2 and 11.2.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkScript } from "../../testing/script.ts";
import type { FunctionDefinition, ModuleFactory, ScriptModule } from "../module.ts";
import { IntParameter, ListParameter, may, must, TextParameter } from "../module.ts";
import { Routes } from "../routes.ts";
import { plainFunction, probe, registryWith } from "./fixtures.ts";

const relay: FunctionDefinition = {
  name: "t_send",
  parameters: [may("where", "text"), must("flags", "int")],
  routes: Routes.request | Routes.failure,
  bind: () => () => 1,
};

const armed: FunctionDefinition = {
  name: "arm",
  parameters: [must("route", "text")],
  routes: Routes.all,
  bind: (call) => {
    call.needsRoute(0, "failure");
    return () => 1;
  },
};

/** A module that the tests of `loadmodule` and `modparam` use. */
function alpha(): ScriptModule {
  const number = new IntParameter("size", 1, 1, 100);
  return {
    name: "alpha",
    parameters: [number, new TextParameter("label"), new ListParameter("item", (text) => (text === "bad" ? "is bad" : undefined))],
    functions: [relay, armed, plainFunction("only_request", () => 1, Routes.request), plainFunction("anywhere", () => 1)],
    variables: [{ name: "alpha_size", inner: "none", isWritable: false, bind: () => ({ read: () => number.value }) }],
    dependencies: () =>
      number.value > 50 ? [{ oneOf: ["beta"], message: "module alpha depends on module beta, but it was not loaded!" }] : [],
    check: () => (number.value === 13 ? ["13 is no size"] : []),
  };
}

const MODULES: Readonly<Record<string, ModuleFactory>> = {
  alpha,
  beta: () => ({ name: "beta", parameters: [new IntParameter("size", 1)], functions: [plainFunction("of_beta", () => 1)], variables: [] }),
};

const FUNCTIONS = [
  probe("wants", ["text", "int", "variable", "output"], () => {}),
  probe("regex", ["regex"], () => {}),
  probe("fixed", ["static"], () => {}),
  plainFunction("quick", () => 1),
];

function check(text: string): readonly string[] {
  const real = registryWith(FUNCTIONS, MODULES);
  const registry = {
    ...real,
    knownParameter: (module: string, name: string) => (module === "alpha" && name === "legacy" ? ("int" as const) : undefined),
    knownParameters: () => ["legacy"],
  };
  return checkScript(text, { registry });
}

/** Problems of statements in a request route on line 2, columns from 1. */
function inRoute(statements: string, loads = 'loadmodule "alpha.so"'): readonly string[] {
  return check(`${loads}\nroute { if (1) {\n${statements}\n} }`);
}

const TABLE: readonly (readonly [title: string, statements: string, problems: readonly string[]])[] = [
  [
    "an unknown function has the nearest name",
    "anywher();",
    ["error 3:1 unknown command <anywher>, missing loadmodule? (did you mean anywhere?)"],
  ],
  [
    "a function of a module that is not loaded names it",
    "of_beta();",
    ['error 3:1 unknown command <of_beta>, missing loadmodule? (of_beta is provided by module beta: loadmodule "beta.so")'],
  ],
  ["too few", "t_send();", ["error 3:1 too few parameters for command <t_send> (it is written t_send([where], flags))"]],
  ["too many", "quick(1);", ["error 3:1 too many parameters for command <quick> (it is written quick())"]],
  ["omitted", 't_send("x",);', ["error 3:12 mandatory parameter omitted for command <t_send> (it is written t_send([where], flags))"]],
  [
    "types of arguments",
    'wants(1, "2", "$var(x)", $rm);',
    [
      'error 3:7 Param [1] expected to be a string or variable (write "1")',
      "error 3:10 Param [2] expected to be an integer or variable (write 2 without quotes)",
      "error 3:15 Param [3] expected to be a variable (write $var(x) without quotes)",
      "error 3:26 Param [4] expected to be a variable that can be written",
    ],
  ],
  [
    "a format in an argument",
    'wants("a $nope", 2, $var(x), $var(y));',
    ["error 3:10 unknown script var $nope, maybe a 'loadmodule' statement is missing?"],
  ],
  ["a static text with a variable", 'fixed("a $var(x)");', ["error 3:7 Param [1] expected to be a string without variables"]],
  ["a bad pattern", 'regex("(");', ['error 3:7 bad re "(" (Unmatched ( or \\()']],
  [
    "a variable of a module",
    "$var(x) = $alpha_size; $alpha_size = 1;",
    ["error 3:24 invalid left operand in assignment ($alpha_size can only be read)"],
  ],
  [
    "an unknown variable",
    "$var(x) = $avpp(x);",
    ["error 3:11 unknown script var $avpp, maybe a 'loadmodule' statement is missing? (did you mean $avp?)"],
  ],
  [
    "a format in xlog",
    'xlog("call $ci.\\n");',
    ["error 3:12 unknown script var $ci., maybe a 'loadmodule' statement is missing? (write $(ci) where a dot follows)"],
  ],
  ["an unknown transformation", "$var(x) = $(var(y){s.lenn});", ["error 3:19 unknown transformation: {s.lenn} (did you mean {s.len}?)"]],
  ["transformations on the left", "$(var(x){s.len}) = 1;", ["error 3:1 transformations not accepted in left side of assignment"]],
  [
    "an unknown level",
    'xlog("ERROR", "x");',
    ["error 3:6 unknown log level <ERROR> (L_ALERT, L_CRIT, L_ERR, L_WARN, L_NOTICE, L_INFO or L_DBG)"],
  ],
  ["an undefined route", "route(nowhere);", ["error 3:7 called route [nowhere] is not defined"]],
  ["an undefined failure route", 'arm("nowhere");', ["error 3:5 failure route <nowhere> does not exist"]],
  [
    "a function that cannot wait",
    "async(only_wait(), x);",
    ["error 3:7 unknown async command <only_wait>, missing loadmodule?", "error 3:20 resume route [x] is not defined"],
  ],
  ["a name that must be there", "$var(x) = $avp;", ["error 3:11 $avp needs a name: $avp(...)"]],
  ["a wrong iterator", "for ($ru in $(avp(x)[*])) quick();", ["error 3:6 invalid iterator in for: only $var, $avp and $json can be one"]],
];

for (const [title, statements, problems] of TABLE) {
  test(`${title} (11.2)`, () => assert.deepEqual(inRoute(statements), problems));
}

test("a bad pattern of a comparison is found before the start (5.4)", () => {
  assert.deepEqual(inRoute('if ($var(x) =~ "*a") quick();'), ['error 3:16 bad re "*a" (Invalid preceding regular expression)']);
});

test("names are known from their loadmodule on, parameters count wherever they stand (2, 3)", () => {
  assert.deepEqual(check('route { anywhere(); $var(x) = $alpha_size; }\nloadmodule "alpha.so"'), [
    "error 1:9 unknown command <anywhere>, missing loadmodule? (anywhere belongs to module alpha, which is loaded further down)",
    "error 1:31 unknown script var $alpha_size, maybe a 'loadmodule' statement is missing? ($alpha_size belongs to module alpha, which is loaded further down)",
  ]);
  assert.deepEqual(check('modparam("alpha", "size", 2)\nloadmodule "alpha.so"\nroute { exit; }'), [
    "error 1:10 no module matching alpha found (module alpha is loaded further down: loadmodule must come before modparam)",
  ]);
  assert.deepEqual(check('loadmodule "alpha.so"\nroute { anywhere(); }\nmodparam("alpha", "size", 2)'), []);
});

test("loadmodule: unknown, unsupported, twice, without .so and with a path (3)", () => {
  assert.deepEqual(check('loadmodule "alpa.so"\nroute { exit; }'), ["error 1:12 failed to load module alpa.so (did you mean alpha.so?)"]);
  assert.deepEqual(check('loadmodule "rtpengine.so"\nroute { exit; }'), [
    "error 1:12 module rtpengine exists in OpenSIPS but is not supported by Dialoom",
  ]);
  assert.deepEqual(check("loadmodule '/usr/lib/modules/alpha.so'\nloadmodule \"alpha\"\nroute { anywhere(); }"), [
    "warning 2:12 attempting to load the same module twice (alpha)",
  ]);
});

test("a module that could not be loaded is told once (3)", () => {
  assert.deepEqual(check('loadmodule "rtpengine.so"\nmodparam("rtpengine", "sock", "x")\nroute { rtpengine_offer(); }'), [
    "error 1:12 module rtpengine exists in OpenSIPS but is not supported by Dialoom",
    "error 3:9 unknown command <rtpengine_offer>, missing loadmodule? (it may belong to a module that could not be loaded: rtpengine)",
  ]);
});

test("modparam: patterns, types, unknown and meaningless parameters (3, 9)", () => {
  const both = 'loadmodule "alpha.so"\nloadmodule "beta.so"\n';
  const set = (line: string): readonly string[] => check(`${both}${line}\nroute { exit; }`);
  assert.deepEqual(set('modparam("alpha|BETA", "size", 2)'), []);
  assert.deepEqual(set('modparam("alpha|beta", "label", "x")'), ["error 3:24 parameter label not found in module beta"]);
  assert.deepEqual(set('modparam("gamma", "size", 2)'), ["error 3:10 no module matching gamma found"]);
  assert.deepEqual(set('modparam("alpha", "sise", 2)'), ["error 3:19 parameter sise not found in module alpha (did you mean size?)"]);
  assert.deepEqual(set('modparam("alpha", "size", "x")'), [
    "error 3:27 type mismatch for parameter size in module alpha (a number is expected)",
  ]);
  assert.deepEqual(set('modparam("alpha", "label", 5)'), [
    'error 3:28 type mismatch for parameter label in module alpha (a string is expected: write "5")',
  ]);
  assert.deepEqual(set('modparam("alpha", "size", "5")'), [
    "warning 3:27 parameter size of module alpha is a number: write 5 without quotes",
  ]);
  assert.deepEqual(set('modparam("alpha", "size", 500)'), ["error 3:27 parameter size of module alpha: must be 1 to 100"]);
  assert.deepEqual(set('modparam("alpha", "item", "good")\nmodparam("alpha", "item", "bad")'), [
    "error 4:27 parameter item of module alpha: is bad",
  ]);
  assert.deepEqual(set('modparam("alpha", "legacy", 1)\nmodparam("alpha", "legacy", 2)'), [
    "notice 3:19 parameter legacy of module alpha has no meaning here: ignored",
  ]);
  assert.deepEqual(set('modparam("al(pha", "size", 1)'), ['error 3:10 bad re "al(pha" (Unmatched ( or \\()']);
});

test("dependencies and checks of modules count once all parameters are read (3)", () => {
  assert.deepEqual(check('loadmodule "alpha.so"\nroute { exit; }\nmodparam("alpha", "size", 60)'), [
    'error 1:12 module alpha depends on module beta, but it was not loaded! (add loadmodule "beta.so")',
  ]);
  assert.deepEqual(check('loadmodule "alpha.so"\nmodparam("alpha", "size", 60)\nroute { exit; }\nloadmodule "beta.so"'), []);
  assert.deepEqual(check('loadmodule "alpha.so"\nmodparam("alpha", "size", 13)\nroute { exit; }'), ["error 1:12 13 is no size"]);
});

test("a function is refused in a block of another kind, also by way of routes (4.2)", () => {
  const loads = 'loadmodule "alpha.so"\n';
  assert.deepEqual(check(`${loads}route { exit; }\nonreply_route { only_request(); }`), [
    "error 3:17 Command <only_request> cannot be used in the block (it may be used in route)",
  ]);
  assert.deepEqual(
    check(
      `${loads}route { route(a); }\nroute[a] { route(b); }\nroute[b] { only_request(); }\nfailure_route[f] { if ($var(x) = route(a)) exit; }`,
    ),
    [
      'error 4:12 script function "only_request" (types=1) does not support route type (2) (it runs there by way of failure_route[f], route[a], route[b])',
    ],
  );
  assert.deepEqual(check(`${loads}route { route(a); }\nroute[a] { only_request(); route(a); }`), []);
});

test("routes may be called before they are defined; redefinitions are errors (4, gotcha 20)", () => {
  assert.deepEqual(check("route { route(relay); }\nroute[relay] { exit; }"), []);
  assert.deepEqual(check("route { exit; }\nroute[a] { exit; }\nroute[a] { exit; }"), ["error 3:7 Script route <a> is redefined"]);
  assert.deepEqual(check("route { exit; }\nroute[0] { exit; }"), ["error 2:7 overwriting default request routing table"]);
  assert.deepEqual(check("route { exit; }\nlocal_route { exit; }\nlocal_route { exit; }"), [
    "error 3:1 re-definition of local route detected",
  ]);
  assert.deepEqual(check("route { exit; }\nonreply_route { exit; }\nonreply_route { exit; }"), [
    "error 3:1 overwriting default onreply routing table",
  ]);
  assert.deepEqual(check("route { exit; }\nroute[a] { exit; }\nfailure_route[a] { exit; }\nbranch_route[a] { exit; }"), []);
  assert.deepEqual(check("route { exit; }\ntimer_route[t, 1] { exit; }\ntimer_route[t, 2] { exit; }"), []);
});

test("an undefined route names the nearest, or the kind of block it is defined as (4)", () => {
  assert.deepEqual(check("route { route(realy); }\nroute[relay] { exit; }"), [
    "error 1:15 called route [realy] is not defined (did you mean relay?)",
  ]);
  assert.deepEqual(check('loadmodule "alpha.so"\nroute { arm("f"); }\nroute[f] { exit; }'), [
    "error 2:13 failure route <f> does not exist (route[f] exists, but failure_route[f] is needed here)",
  ]);
  assert.deepEqual(check('route { launch(quick(), gone); async(quick(), "gone too"); }'), [
    "error 1:25 resume route [gone] is not defined",
    "error 1:47 resume route [gone too] is not defined",
  ]);
});

test("every problem is reported in one run, in the order of the text, up to 100 (24)", () => {
  const text = `unknown_global=1\nloadmodule "nope.so"\nroute { foo(); $nix = 1; route(gone); }\nfailure_route[f] { bar(); }`;
  const problems = check(text);
  assert.deepEqual(
    problems.map((line) => line.split(" ").slice(0, 2).join(" ")),
    ["error 1:1", "error 2:12", "error 3:9", "error 3:16", "error 3:32", "error 4:20"],
  );
  const many = check(`route { ${"foo1(); ".repeat(150)} }`);
  assert.equal(many.length, 100);
});

test("problems of included files point into them (11.1)", () => {
  const files = { "inc.cfg": "route[r] {\n  foo();\n}\n" };
  assert.deepEqual(checkScript('include_file "inc.cfg"\nroute { route(r); }', { registry: registryWith([]), files }), [
    "error inc.cfg:2:3 unknown command <foo>, missing loadmodule?",
  ]);
});

test("a script without a request route is warned of (2)", () => {
  assert.deepEqual(check("startup_route { exit; }"), ["warning the script has no request route: requests are dropped (add route { ... })"]);
});

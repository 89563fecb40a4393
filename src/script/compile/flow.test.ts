// Statements, routes, return codes and scopes: script-language 4, 4.1, 5.7, 5.8, 5.10 and 10.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ScriptBench, testScript } from "../../testing/script.ts";
import type { FunctionDefinition } from "../module.ts";
import { Routes } from "../routes.ts";
import { plainFunction, probe, registryWith } from "./fixtures.ts";

const FUNCTIONS = [
  plainFunction("zero", () => 0),
  plainFunction("one", () => 1),
  plainFunction("five", () => 5),
  plainFunction("minus", () => -2),
];

async function start(text: string, functions: readonly FunctionDefinition[] = []): Promise<ScriptBench> {
  const bench = await testScript(`${text}\nroute { exit; }\n`, { registry: registryWith([...FUNCTIONS, ...functions]) });
  await bench.close();
  return bench;
}

async function printed(statements: string, routes = ""): Promise<string> {
  return (await start(`startup_route {\n${statements}\n}\n${routes}`)).printed;
}

test("a function's result stands in $rc; 0 ends the script (4.1, gotcha 10)", async () => {
  assert.equal(await printed('five(); xlog("$rc "); minus(); xlog("$retcode "); zero(); xlog("never");'), "5 -2 ");
  assert.equal(await printed('if (zero()) xlog("t"); else xlog("f"); xlog("never");'), "");
  assert.equal(await printed('$var(x) = zero(); xlog("never");'), "");
  assert.equal(await printed('while (zero()) { xlog("body"); } xlog("never");'), "");
  assert.equal(await printed('if (minus() || zero()) xlog("t"); xlog("never");'), "");
});

test("return gives a route its value; NULL is −1, text is 1, 0 ends the script (4.1)", async () => {
  const routes = `
    route[plain] { return; }
    route[three] { return(3); xlog("never"); }
    route[bare] { return 4; }
    route[negative] { return(-6); }
    route[null] { return($var(nul)); }
    route[text] { return($var(text)); }
    route[int] { return($var(int)); }
    route[nested] { if (one()) { while (1) { return(8); } } return(9); }
    route[end] { return(0); }
  `;
  const names = ["plain", "three", "bare", "negative", "null", "text", "int", "nested", "end"];
  const calls = names.map((name) => `route(${name === "null" ? '"null"' : name}); xlog("$rc ");`).join("\n");
  assert.equal(await printed(`$var(text) = "12"; $var(int) = 7; ${calls}`, routes), "1 3 4 -6 -1 1 7 8 ");
});

test("a route that falls off its end has the result of its last statement (4.1)", async () => {
  const routes = `
    route[call] { one(); minus(); }
    route[set] { minus(); $var(x) = 5; }
    route[failed] { one(); $var(x) = $var(nul) + 1; }
    route[print] { minus(); xlog(""); }
    route[untaken] { if (minus()) { five(); } }
    route[taken] { if (one()) { five(); } }
    route[else] { if (minus()) { one(); } else { five(); } }
    route[inner] { route(call); }
    route[last] { minus(); switch ($var(nul)) { case 1: five(); } }
    route[case] { switch ($var(x)) { case 5: five(); break; } }
    route[loop] { $var(i) = 0; while ($var(i) < 2) { $var(i) = $var(i) + 1; five(); } }
    route[noLoop] { minus(); while (minus()) { five(); } }
  `;
  const names = ["call", "set", "failed", "print", "untaken", "taken", "else", "inner", "last", "case", "loop", "noLoop"];
  const calls = names.map((name) => `route("${name}"); xlog("$rc ");`).join("\n");
  assert.equal(await printed(`$var(x) = 5; ${calls}`, routes), "-2 1 -1 1 1 5 5 -2 1 5 5 1 ");
});

test("$rc after an assignment is 1, and in the body of an if that of the condition's last call (4.1)", async () => {
  assert.equal(await printed('minus(); $var(x) = 1; xlog("$rc "); if (five()) xlog("$rc "); if (!minus()) xlog("$rc");'), "1 5 -2");
});

test("return with more values publishes them (4.1)", async () => {
  const routes = 'route[many] { return(2, "a", $var(x)); } route[few] { return(1); }';
  const statements = '$var(x) = 7; route(many); xlog("$rc $return(1) $return(2) $return(3) "); route(few); xlog("$return(1)");';
  assert.equal(await printed(statements, routes), "2 a 7 <null> <null>");
});

test("exit ends everything, through all routes (4.1, gotcha 22)", async () => {
  const routes = 'route[a] { route(b); xlog("never"); } route[b] { xlog("b"); if (one()) { exit; } xlog("never"); }';
  assert.equal(await printed('route(a); xlog("never");', routes), "b");
  assert.equal(await printed('if (route(a)) xlog("never"); else xlog("never");', routes), "b");
  assert.equal(await printed('$var(x) = route(a); xlog("never");', routes), "b");
  assert.equal(await printed('xlog("x"); drop; xlog("never");'), "x");
});

test("parameters are literal texts, numbers, NULL and variables by value; a nested call has its own (4)", async () => {
  const routes = `
    route[out] { xlog("$param(0)|$param(1)|$param(2)|$param(3)|$param(4)|$param(5)\\n"); route(in); xlog("$param(1)\\n"); }
    route[in] { xlog("$param(1)\\n"); }
    route[typed] { if ($param(1) == 5) xlog("int "); if ($param(2) == "5") xlog("text"); }
  `;
  const statements =
    '$var(v) = "val"; route(out, "$var(v)", 7, NULL, $var(v)); $var(i) = 5; $var(t) = "5"; route(typed, $var(i), $var(t));';
  assert.equal(await printed(statements, routes), "<null>|$var(v)|7|<null>|val|<null>\n<null>\n$var(v)\nint text");
});

test("a route may be named by a number, a text with variables or a variable (4)", async () => {
  const routes = 'route[7] { xlog("seven "); } route[x_y] { xlog("xy "); }';
  assert.equal(await printed('$var(n) = "x_y"; $var(h) = "x"; route(7); route("$var(h)_y"); route($var(n));', routes), "seven xy xy ");
});

test("a route that does not exist at run time is an error in the log and −1 (4)", async () => {
  const bench = await start('startup_route { $var(n) = "x_z"; route($var(n)); xlog("$rc"); } route[x_y] { exit; }');
  assert.equal(bench.printed, "-1");
  assert.deepEqual(bench.complaints, ["called route [x_z] is not defined, did you mean x_y?"]);
});

test("calls nest 100 deep; one more ends the script (4)", async () => {
  const bench = await start(
    'startup_route { $var(d) = 0; route(a); xlog("never"); } route[a] { $var(d) = $var(d) + 1; xlog("$var(d) "); route(a); }',
  );
  assert.ok(bench.printed.endsWith(" 100 "));
  assert.equal(bench.complaints.length, 1);
});

test("switch: texts without case, numbers by value, missing forms do not fit, NULL goes to default (5.7, gotcha 26)", async () => {
  const route = `route[s] { switch ($param(1)) {
    case "INVITE": xlog("inv "); break;
    case 5: xlog("five "); break;
    case "5": xlog("text5 "); break;
    case -1: case 2: xlog("shared "); break;
    case "5": xlog("never "); break;
    default: xlog("default ");
  } }`;
  const statements = `
    $var(n) = 5; $var(t) = "5"; $var(m) = -1; $var(two) = 2;
    route(s, "invite"); route(s, $var(n)); route(s, $var(t)); route(s, $var(m)); route(s, $var(two)); route(s, NULL); route(s, "no");`;
  assert.equal(await printed(statements, route), "inv five text5 shared shared default default ");
});

test("switch falls through, into default too; return and exit leave it (5.7)", async () => {
  const routes = `
    route[r] { switch ($param(1)) { case 1: xlog("1"); case 2: xlog("2"); return(6); case 3: xlog("3"); default: xlog("d"); } xlog("after"); }
  `;
  assert.equal(await printed('route(r, 1); xlog("$rc "); route(r, 3); xlog(" ");', routes), "126 3dafter ");
});

test("for goes through lists, newest first for AVPs; break leaves it (5.7)", async () => {
  const statements = `
    $avp(l) = "a"; $avp(l) = "b"; $avp(l) = "c";
    for ($var(e) in $(avp(l)[*])) xlog("$var(e)");
    for ($var(e) in $(avp(l)[*])) { if ($var(e) == "b") break; xlog("-$var(e)"); }
    for ($var(e) in $(avp(none)[*])) xlog("never");
    for ($avp(it) in $(avp(l)[*])) xlog("$(avp(it)[*])");
    $json(j) := "[1, {\\"k\\": 2}]";
    for ($json(e) in $(json(j)[*])) xlog(" $json(e)");`;
  assert.equal(await printed(statements), 'cba-ccba 1 { "k": 2 }');
});

test("while goes round, break and nested loops leave one level (5.5)", async () => {
  const statements = `
    $var(i) = 0;
    while ($var(i) < 3) { $var(i) = $var(i) + 1; $var(j) = 0; while (1) { $var(j) = $var(j) + 1; if ($var(j) > $var(i)) break; xlog("$var(i)$var(j) "); } }`;
  assert.equal(await printed(statements), "11 21 22 31 32 33 ");
});

test("a condition may hold commands (5.1)", async () => {
  assert.equal(
    await printed(
      'if (one() && xlog("in ")) xlog("yes"); if (($var(x) = 5) && $var(x) == 5) xlog(" set"); if (minus() || exit) xlog("no"); xlog("never");',
    ),
    "in yes set",
  );
});

test("literals in assignments and route() stay as they are, formats are read in arguments and xlog (gotcha 7)", async () => {
  const heard: unknown[] = [];
  const bench = await start('startup_route { $var(i) = 1; $var(y) = "a $var(i)"; xlog("$var(y) $var(i)"); hear("b $var(i)"); }', [
    probe("hear", ["text"], (values) => heard.push(...values)),
  ]);
  assert.equal(bench.printed, "a $var(i) 1");
  assert.deepEqual(heard, ["b 1"]);
});

test("$var is fresh in each block and shared with the routes it calls; $avp too where there is no transaction (5.10)", async () => {
  const bench = await testScript(
    'startup_route { $var(x) = 1; $avp(x) = 2; route(r); } timer_route[t, 1] { xlog("timer $var(x) $avp(x) "); } route[r] { xlog("r $var(x) $avp(x) "); }',
    { registry: registryWith([]) },
  );
  await bench.advance(1100);
  await bench.close();
  assert.equal(bench.printed, "r 1 2 timer <null> <null> ");
});

test("arguments arrive in the form that is declared (5.8)", async () => {
  const heard: unknown[] = [];
  const functions = [
    probe("f_text", ["text"], (values) => heard.push(...values)),
    probe("f_int", ["int"], (values) => heard.push(...values)),
    probe("f_value", ["value"], (values) => heard.push(...values)),
    probe("f_raw", ["raw"], (values) => heard.push(...values)),
    probe("f_static", ["static"], (values) => heard.push(...values)),
    probe("f_var", ["variable"], (values) => heard.push(...values)),
    probe("f_flags", ["flags"], (values) => heard.push(...values)),
  ];
  const bench = await start(
    `startup_route {
      $var(i) = 5; $var(t) = "t"; $var(zero) = "0";
      f_text("x $var(i) $var(nul)"); f_text($var(i)); f_text(""); f_text("$$5");
      f_int(-3); f_int($var(i)); f_value($var(i)); f_value(8); f_value("v$var(i)");
      f_raw("$var(i) $"); f_static("plain"); f_var($var(t)); f_flags(3); f_flags("three");
      f_text($var(nul)); xlog("$rc "); f_int($var(zero)); xlog("$rc ");
    }`,
    functions,
  );
  assert.deepEqual(heard, ["x 5 <null>", "5", "", "$5", -3, 5, 5, 8, "v5", "$var(i) $", "plain", "t", 3, "three"]);
  assert.equal(bench.printed, "-1 -1 ");
  assert.deepEqual(bench.complaints, [
    "Variable in param [1] is not a string",
    "Failed to get fixups for command <f_text> in test.cfg, line 6",
    "Variable in param [1] is not an integer",
    "Failed to get fixups for command <f_int> in test.cfg, line 6",
  ]);
});

test("headers take line ends from the script only, but for one at the very end (decision 27)", async () => {
  const heard: unknown[] = [];
  const header: FunctionDefinition = {
    name: "header",
    parameters: [{ name: "lines", type: "text", isOptional: false }],
    routes: Routes.all,
    bind: (call) => {
      const text = call.headerText(0);
      return (run) => (heard.push(text(run)) > 0 ? 1 : -1);
    },
  };
  const bench = await start(
    `startup_route { $var(v) = "v"; $var(line) = "B: 2\\r\\n"; $var(bad) = "x\\r\\nEvil: 1";
      header("A: 1\\r\\nB: 2\\r\\n"); header("A: $var(v)\\r\\n"); header($var(line)); header("A: 1\\r\\n$var(line)");
      header("A: $var(bad)\\r\\n"); header($var(bad)); header("$var(line)A: 1\\r\\n"); }`,
    [header],
  );
  assert.deepEqual(heard, ["A: 1\r\nB: 2\r\n", "A: v\r\n", "B: 2\r\n", "A: 1\r\nB: 2\r\n", undefined, undefined, undefined]);
  assert.equal(bench.complaints.filter((line) => line.includes("would bring a line end into a header")).length, 3);
});

test("patterns, formats and variables inside arguments (5.8)", async () => {
  const heard: unknown[] = [];
  const inside: FunctionDefinition = {
    name: "inside",
    parameters: [
      { name: "pattern", type: "regex", isOptional: false },
      { name: "text", type: "raw", isOptional: false },
      { name: "name", type: "raw", isOptional: false },
    ],
    routes: Routes.all,
    bind: (call) => {
      const [regex, format, variable] = [call.regex(0), call.format(1, call.literal(1) ?? ""), call.lookup(2, call.literal(2) ?? "")];
      return (run) => {
        heard.push(regex(run)?.test("one\nTWO\n"), format(run), variable?.read(run));
        return variable?.write?.(run, "written", false) === true ? 1 : -1;
      };
    },
  };
  const bench = await start(
    `startup_route { $var(p) = "^t.o$"; $var(bad) = "("; $var(v) = "v";
      inside("^two$", "a $var(v)", "$var(v)"); inside($var(p), "$var(v)", "$var(x)"); inside("^$var(v)", "", "$var(v)"); inside($var(bad), "", "$var(v)"); }`,
    [inside],
  );
  assert.deepEqual(heard, [true, "a v", "v", true, "written", null, false, "", "written", undefined, "", "written"]);
  assert.deepEqual(bench.complaints, ['bad re "(": Unmatched ( or \\(']);
});

test("xlog: levels by the third letter, filtered by xlog_level; log() by log_level; xdbg is DBG (10)", async () => {
  const bench = await start(`log_level=3 xlog_level=4
    startup_route {
      xlog("default "); xlog("L_ERR", "error "); xlog("L_DBG", "debug "); xdbg("xdbg "); $var(l) = "L_INFO"; xlog("$var(l)", "info ");
      log("log "); log(3, "log3 $var(l) "); xlog("one " "two\\n"); $var(l) = "what"; xlog("$var(l)", "never"); xlog("$rc");
    }`);
  const shown = bench.lines.filter((line) => line.module === "").map((line) => [line.level, line.text]);
  assert.deepEqual(shown, [
    [2, "default "],
    [-1, "error "],
    [4, "debug "],
    [4, "xdbg "],
    [3, "info "],
    [3, "log3 $var(l) "],
    [2, "one two\n"],
    [2, "-1"],
  ]);
  assert.deepEqual(bench.complaints, ["unknown log level <what>"]);
});

test("xlog_print_level is the level of xlog without one; a hidden line is not put together (10)", async () => {
  const bench = await start(
    'xlog_print_level=3 startup_route { $var(s) = "a"; xlog("hidden $(var(s){s.substr,9,1})"); xlog("L_WARN", "shown"); }',
  );
  assert.equal(bench.printed, "shown");
  assert.deepEqual(bench.complaints, []);
});

test("a line longer than xlog_buf_size is cut, with one warning (2)", async () => {
  const bench = await start('xlog_buf_size=10 startup_route { $var(s) = "0123456789abcdef"; xlog("$var(s)\\n"); xlog("$var(s)\\n"); }');
  assert.equal(bench.printed, "01234567890123456789");
  assert.equal(bench.complaints.length, 1);
});

test("assert acts only where enable_asserts is set, and ends the script (8.1)", async () => {
  const body = 'startup_route { assert($var(x) == 1, "x is one"); xlog("on"); }';
  assert.equal((await start(body)).printed, "on");
  const bench = await start(`enable_asserts=yes ${body}`);
  assert.equal(bench.printed, "");
  assert.deepEqual(bench.complaints, ["ASSERT FAILED at test.cfg:1: x is one"]);
});

test("variables of variables, indexes by variable, and $$ (6.1)", async () => {
  const statements = `
    $var(n) = "dyn"; $avp($var(n)) = "a"; $avp(dyn) = "b"; $var(i) = 1;
    xlog("$avp(dyn) $(avp($var(n))[1]) $(avp(dyn)[$var(i)]) $$ $(ci).");`;
  assert.equal(await printed(statements), "b a a $ dummy-1.");
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Assignment, GlobalAssignment, ScriptTree, Statement } from "./ast.ts";
import { parseScript } from "./parser.ts";
import { positionOf } from "./positions.ts";
import { printScript } from "./print.ts";

const read = (text: string): ReturnType<typeof parseScript> => parseScript({ read: () => text }, "m");

/** The tree of a script that is right. */
function good(text: string): ScriptTree {
  const { tree, problems } = read(text);
  assert.deepEqual(
    problems.map((problem) => problem.message),
    [],
    text,
  );
  return tree;
}

/** What is wrong with a script. */
function faults(text: string): string[] {
  return read(text).problems.map(({ message, span }) => {
    const { line, column } = span === undefined ? { line: 0, column: 0 } : positionOf(span);
    return `${line}:${column} ${message}`;
  });
}

function statementsOf(text: string): readonly Statement[] {
  const [block] = good(`route {${text}}`).items;
  assert.ok(block?.kind === "block");
  return block.body.statements;
}

function accepts(...statements: string[]): void {
  for (const statement of statements) good(`route { ${statement} }`);
}

function refuses(...statements: string[]): void {
  for (const statement of statements) {
    const problems = faults(`route { ${statement} }`);
    assert.notEqual(problems.length, 0, statement);
  }
}

/** How an expression is understood: every operation in parentheses. */
function grouped(text: string): string {
  const [statement] = statementsOf(`$v = ${text};`);
  assert.ok(statement?.kind === "assignment");
  const show = (value: Assignment["value"]): string => {
    if (value.kind === "binary") return `(${show(value.left)} ${value.operator} ${show(value.right)})`;
    if (value.kind === "complement") return `~${show(value.operand)}`;
    if (value.kind === "group") return show(value.inner);
    return value.kind === "number" ? String(value.value) : value.kind === "variable" ? value.text : value.kind;
  };
  return show(statement.value);
}

function global(text: string): GlobalAssignment["value"] {
  const [item] = good(text).items;
  assert.ok(item?.kind === "global");
  return item.value;
}

// ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────────────

test("arithmetic has two levels, each joined from the left", () => {
  assert.equal(grouped("1 + 2 * 3"), "((1 + 2) * 3)");
  assert.equal(grouped("5 - 7 * 2"), "((5 - 7) * 2)");
  assert.equal(grouped("100 / 7 % 4"), "((100 / 7) % 4)");
  assert.equal(grouped("-3 + 5"), "(-3 + 5)");
  assert.equal(grouped("1 << 2 + 1"), "(1 << (2 + 1))");
  assert.equal(grouped("7 & 3 | 8"), "((7 & 3) | 8)");
  assert.equal(grouped("~5 & 0xff"), "(~5 & 255)");
  assert.equal(grouped("1 + (2 - $x)"), "(1 + (2 - $x))");
});

test("&& and || have one level, joined from the left; ! binds tightest", () => {
  const [statement] = statementsOf("if (1 || 0 && !0) exit;");
  assert.ok(statement?.kind === "if" && statement.condition.kind === "and");
  assert.equal(statement.condition.left.kind, "or");
  assert.equal(statement.condition.right.kind, "not");
  const [negated] = statementsOf("if (!$x == 4) exit;");
  assert.ok(negated?.kind === "if" && negated.condition.kind === "not");
  assert.equal(negated.condition.operand.kind, "comparison");
});

test("words and signs of conditions are the same", () => {
  assert.equal(printScript(good("route { if (not $a and $b or [$c]) ; }")), printScript(good("route { if (!$a && $b || [$c]) ; }")));
});

test("boolean words are numbers", () => {
  const [statement] = statementsOf("if ($var(x) == yes) ;");
  assert.ok(statement?.kind === "if" && statement.condition.kind === "comparison" && statement.condition.right.kind === "number");
  assert.equal(statement.condition.right.value, 1);
});

test("a comparison has a variable on its left", () => {
  accepts('if ($v == "b") ;', "if ($x == $y) ;", "if ($x != NULL) ;", 'if ($x =~ "a" || $x !~ $y) ;', "if ($x <= -1) ;");
  refuses(
    'if ("a"=="b") ;',
    "if (has_totag()==1) ;",
    "if ($x == f()) ;",
    "if ($v < NULL) ;",
    "if ([$v+1] == 2) ;",
    "if ([$v + 1 == 2]) ;",
    "if ($v & 4) ;",
  );
  refuses("if ($v =~ 5) ;", "if (1 == $v) ;");
  accepts("if ([$v & 4]) ;", "if ([$v]) ;");
});

test("addresses and networks are compared with == and !=", () => {
  const [statement] = statementsOf("if ($si == 10.0.0.0/255.128.0.0) ;");
  assert.ok(statement?.kind === "if" && statement.condition.kind === "comparison" && statement.condition.right.kind === "address");
  assert.deepEqual([statement.condition.right.address, statement.condition.right.bits], ["10.0.0.0", 9]);
  accepts(
    "if ($si == 1.2.3.4) ;",
    "if ($si!=10.0.0.0/8) ;",
    "if ($si == [2001:db8::1]) ;",
    "if ($si == 2001:db8::/32 && $x) ;",
    "if ($si == ::1) ;",
  );
  refuses("if ($si == 1.2.3.400) ;", "if ($si == 10.0.0.0/33) ;", "if ($si == 10.0.0.0/255.0.255.0) ;", "if ($si < 1.2.3.4) ;");
});

test("a right-hand side has no conditions in it, and NULL only alone", () => {
  accepts("$v = NULL;", "$avp(x) := null;", "$v = $a == 0;", "$v = ($a == 0);", "$v = route(x, 1);", "$v = f(1);", "$v = ~~1;");
  refuses(
    "$v = !1;",
    "$v = not 1;",
    "$v = 1 && 2;",
    "$v = $a || $b;",
    "$v = NULL + 1;",
    "$v = (NULL);",
    "$v += NULL;",
    "$v = ;",
    "$v = xlog;",
    "$v <<= 1;",
  );
});

test("an assignment may stand in a condition", () => {
  const [statement] = statementsOf("if ($var(t) = 0 && $x) ;");
  assert.ok(statement?.kind === "if" && statement.condition.kind === "and");
  assert.equal(statement.condition.left.kind, "assignment");
});

test("adjacent strings fold in xlog only", () => {
  const [statement] = statementsOf('xlog("L_INFO", "a" \'b\'\n"c");');
  assert.ok(statement?.kind === "xlog");
  assert.deepEqual([statement.level?.value, statement.message.value], ["L_INFO", "abc"]);
  accepts('xdbg("a" "b");', 'xlog("a" "b");');
  refuses('$var(x) = "a" "b";', 'f("a" "b");', 'xlog("a" "b", "c");', 'log("a" "b");');
});

// ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────────

test("arguments are strings, numbers and variables, or omitted", () => {
  const [call] = statementsOf('f("a", -1, $ru,, yes,);');
  assert.ok(call?.kind === "call");
  assert.deepEqual(
    call.arguments.map((one) => one.kind),
    ["string", "number", "variable", "omitted", "number", "omitted"],
  );
  assert.deepEqual((statementsOf("f();")[0] as typeof call).arguments, []);
  refuses("f(NULL);", "f(1+1);", "f(g());", "f(location);", "f(1 2);", "f(;");
});

test("a function takes eight arguments, a route nine", () => {
  accepts("f(1,2,3,4,5,6,7,8);", "route(a,1,2,3,4,5,6,7,8,9);");
  assert.deepEqual(faults("route { f(1,2,3,4,5,6,7,8,9); }"), ["1:9 too many arguments in function"]);
  assert.deepEqual(faults("route { route(a,1,2,3,4,5,6,7,8,9,10); }"), ["1:9 too many arguments in function"]);
});

test("a route is called by word, number, text or variable", () => {
  accepts(
    "route(relay);",
    "route(error);",
    "route(yes);",
    'route("a-b");',
    "route(7);",
    "route($var(x));",
    'route("r_$rU", 1, NULL, $x, "lit $x");',
  );
  refuses("route();", "route;", "route(a,);", "route(a, f());");
});

test("return takes a number or a variable, and further values", () => {
  accepts("return;", "return();", "return(1);", "return -1;", "return $rc;", "return(-1);", 'return(1, "a", $x, NULL);');
  refuses("return(1+1);", 'return("a");', "return f();");
});

test("xlog wants its text in quotes, log wants it literal", () => {
  accepts('xlog("$var(l)", "text");', 'log("x");', 'log(-1, "x");', 'assert($x == 1, "no");', "assert($x);");
  refuses("xlog($var(x));", "xlog(5);", "xlog();", "log($x);", 'xdbg("L_INFO", "x");', "assert();");
});

test("async and launch", () => {
  accepts("async(sleep(1), resume);", "async(f(), r, 5);", "launch(f());", 'launch(f(1), "r", "$DLG_did");');
  refuses("async(f());", "async(f, r);", "launch(f(), r, 5);", "async(1, r);", 'async(f(), r, "x");');
});

test("exit and drop may have empty parentheses", () => {
  accepts("exit;", "exit();", "drop;", "drop();", "if (f()) drop; else exit;");
  refuses("exit(1);");
});

// ── statements ───────────────────────────────────────────────────────────────────────────────────────────────────────

test("empty statements and empty bodies are fine; a block alone is none", () => {
  accepts(";;", "if (1);", "if (1) {} else {}", "while ($x) {}");
  refuses("{ exit; }");
});

test("if and while need parentheses; keywords are lower case", () => {
  refuses("if $x exit;", "while $x {}", "if ($x) && ($y) exit;", "IF ($x) exit;", "if ($x AND $y) exit;");
  accepts("if ($a) f(); else if ($b) g(); else { h(); }");
});

test("a switch has cases, and its default last", () => {
  accepts('switch ($x) { case 1: case "a": f(); break; case -1: default: }', "switch ($(var(x){s.int})) { case 1: exit; }");
  refuses(
    "switch ($x) { }",
    "switch ($x) { default: exit; }",
    "switch ($x) { default: exit; case 1: exit; }",
    "switch (1) { case 1: exit; }",
  );
  refuses("switch ($x) { exit; }", "switch ($x) { case foo: exit; }");
});

test("break stands in loops and switches", () => {
  accepts("while (1) break;", "while (1) { if ($x) { break; } }", "for ($var(i) in $(avp(x)[*])) break;");
  refuses("break;", "if ($x) break;");
});

test("for takes two variables", () => {
  refuses("for ($x) f();", "for (1 in $x) f();", "for ($x in 1) f();", "for $x in $y f();");
});

// ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────────

test("every kind of block", () => {
  const tree = good(`route {;} route[0] {;} route[a] {;} route["a-b"] {;} route[error] {;} branch_route[1] {;} failure_route[f] {;}
    onreply_route {;} onreply_route[r] {;} error_route {;} local_route {;} startup_route {;} timer_route[t, 10] {;} event_route[E_X] {;}`);
  assert.deepEqual(
    tree.items.map((item) => (item.kind === "block" ? `${item.block}:${item.name ?? ""}:${item.seconds ?? ""}` : "")),
    [
      "route::",
      "route:0:",
      "route:a:",
      "route:a-b:",
      "route:error:",
      "branch_route:1:",
      "failure_route:f:",
      "onreply_route::",
      "onreply_route:r:",
      "error_route::",
      "local_route::",
      "startup_route::",
      "timer_route:t:10",
      "event_route:E_X:",
    ],
  );
});

test("names of blocks are identifiers, numbers or quoted", () => {
  assert.deepEqual(faults("route[a-b] { exit; }"), ["1:8 invalid  route  statement"]);
  assert.deepEqual(faults("route[a.b] { exit; }"), ["1:8 invalid  route  statement"]);
  assert.deepEqual(faults("failure_route { exit; }"), ["1:1 invalid failure_route statement"]);
  assert.deepEqual(faults("timer_route[x] { exit; }"), ["1:14 number expected"]);
  assert.deepEqual(faults('timer_route[x, "5"] { exit; }'), ["1:16 number expected"]);
  assert.deepEqual(faults("startup_route[x] { exit; }"), ["1:1 invalid startup_route statement"]);
});

test("an event route's second word and an empty route are warnings", () => {
  const { tree, problems } = read("event_route[E_X, sync] { exit; } route { }");
  assert.deepEqual(
    problems.map((problem) => problem.severity),
    ["warning", "warning"],
  );
  assert.equal(tree.items.length, 2);
  const [event] = tree.items;
  assert.ok(event?.kind === "block" && event.mode === "sync");
});

test("nothing ends with ';' outside of blocks", () => {
  assert.deepEqual(faults("log_level = 3;\nxlog_level = 2;"), ["1:14 syntax error", "2:15 syntax error"]);
  assert.deepEqual(faults("route { exit; };"), ["1:16 syntax error"]);
  assert.deepEqual(faults("route { exit; } }"), ["1:17 syntax error"]);
});

test("settings have numbers, strings, words and hosts", () => {
  assert.equal(global("log_level = -1").kind, "number");
  assert.deepEqual(
    [global("a = 0x10"), global("b = on")].map((value) => value.kind === "number" && value.value),
    [16, 1],
  );
  assert.deepEqual(
    [global("log_facility=LOG_LOCAL0"), global("advertised_address=1.2.3.4"), global("advertised_address=sip-1.example.com")].map(
      (value) => value.kind === "word" && value.text,
    ),
    ["LOG_LOCAL0", "1.2.3.4", "sip-1.example.com"],
  );
  assert.equal(global('mpath="a/", "b/"').kind, "string");
  assert.equal(global("udp_workers = 4 use_auto_scaling_profile P").kind, "number");
  assert.equal(good('dst_blacklist = gw:{ ( tcp , 1.2.3.4 , 5060 , "") }\nlog_level=3').items.length, 2);
  assert.equal(good("auto_scaling_profile = P { scale up to 6 on 70% for 4 cycles within 5 }\nlog_level=3").items.length, 2);
  assert.deepEqual(faults("log_level =\nxlog_level = 3"), ["1:1 syntax error"]);
});

test("sockets have a protocol, a host, ports and options", () => {
  const value = global(
    'socket = udp:"127.0.0.1":5060-5062,5070 as sip.example.com:5080 tag pub use_workers 4 anycast frag tos 16 accept_subdomain',
  );
  assert.ok(value.kind === "socket");
  assert.deepEqual([value.protocol, value.host, value.ports], ["udp", "127.0.0.1", [5060, 5061, 5062, 5070]]);
  assert.deepEqual(
    value.options.map((option) => [option.name, ...option.values]),
    [["as", "sip.example.com", "5080"], ["tag", "pub"], ["use_workers", "4"], ["anycast"], ["frag"], ["tos", "16"], ["accept_subdomain"]],
  );
  for (const text of [
    "socket=udp:*:5060",
    "socket=tcp:eth0",
    "socket=tls:[::1]:5061",
    "listen=udp:10.0.0.1",
    "socket = udp : 10.0.0.1 : 5060",
  ]) {
    assert.equal(global(text).kind, "socket", text);
  }
  // the setting of that name, on the next line, is no option
  assert.equal(good("socket=udp:*:5060\ntos=16").items.length, 2);
});

test("a socket without its protocol, in quotes, or with a wrong port is refused", () => {
  assert.deepEqual(faults("socket=127.0.0.1:5060"), ["1:8 syntax error"]);
  assert.deepEqual(faults('socket="udp:127.0.0.1:5060"'), ["1:8 syntax error"]);
  assert.deepEqual(faults("socket=udp:127.0.0.1:sip"), ["1:8 port number expected"]);
  assert.deepEqual(faults("socket=udp:127.0.0.1:70000"), ["1:8 port number expected"]);
  assert.deepEqual(faults("socket=udp:"), ["1:8 ip address or hostname expected (use quotes if the hostname includes config keywords)"]);
});

test("aliases are a list, which ends where another setting begins", () => {
  const tree = good('alias=udp:a.example:5060 b.example "route"\n  any:c.example\nlog_level=3\nalias=*:5080 loadmodule "x.so"');
  assert.deepEqual(
    tree.items.map((item) => item.kind),
    ["global", "global", "global", "loadmodule"],
  );
  const [first] = tree.items;
  assert.ok(first?.kind === "global" && first.value.kind === "aliases");
  assert.deepEqual(
    first.value.names.map((name) => name.text),
    ["udp:a.example:5060", "b.example", "route", "any:c.example"],
  );
});

test("a colon in quotes joins no words, and a name does not end in one", () => {
  const [first] = good('socket=udp:127.0.0.1 tag "a:" frag').items;
  assert.ok(first?.kind === "global" && first.value.kind === "socket");
  assert.deepEqual(
    first.value.options.map(({ name, values }) => [name, ...values]),
    [["tag", "a:"], ["frag"]],
  );
  const refused = "ip address or hostname expected (use quotes if the hostname includes config keywords)";
  assert.deepEqual(faults('alias="PUBLISH:" "case"'), [`1:7 ${refused}`]);
  assert.deepEqual(faults("alias=a.example:\nlog_level=3"), [`1:7 ${refused}`]);
  assert.deepEqual(faults("alias=[2001:db8::1]:"), [`1:7 ${refused}`]);
  good("alias=2001:db8:: udp : a.example");
});

test("modparam takes strings, which fold, and signed numbers", () => {
  const tree = good('modparam("a|b", "p", "x"\n  "y")\nmodparam(\'a\', \'p\', -5) modparam("a","p",yes)');
  assert.deepEqual(
    tree.items.map((item) =>
      item.kind === "modparam" && item.value.kind === "string" ? item.value.value : item.kind === "modparam" && item.value.value,
    ),
    ["xy", -5, 1],
  );
  assert.deepEqual(faults("loadmodule tm"), ["1:12 string expected"]);
  assert.deepEqual(faults('modparam("a", "b", c)'), ["1:20 syntax error"]);
});

// ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────────

test("all errors come in one run, and what is right after them is read", () => {
  const text = `route {
  foo;
  f(1+1);
  if ("a" == $b) { g() }
  $x == 1;
  h();
}
route[b] { $var(x = 1; }
route[c] { exit; }`;
  assert.deepEqual(faults(text), [
    "2:3 bare word <foo> found, command calls need '()'",
    "3:6 bad arguments for command <f>",
    "4:7 syntax error",
    "4:20 bad command: missing ';'?",
    "5:3 syntax error",
    "8:12 unknown script variable",
  ]);
  const last = read(text).tree.items.at(-1);
  assert.ok(last?.kind === "block" && last.name === "c");
});

test("a missing brace is noticed where the next block begins", () => {
  assert.deepEqual(faults("route {\n if ($x) {\n f();\n}\nroute[b] { exit; }\nroute[c] { exit; }"), ["5:1 syntax error"]);
  assert.equal(read("route {\n if ($x) {\n f();\n}\nroute[b] { exit; }").tree.items.length, 2);
  assert.deepEqual(faults("route {\n f();\n"), ["1:1 syntax error"]);
});

test("a string without its closing quote costs one error", () => {
  const text = 'route {\n xlog("a);\n if ($x) {\n  xlog("b");\n }\n foo;\n}\n';
  assert.deepEqual(faults(text), ["4:9 syntax error", "6:2 bare word <foo> found, command calls need '()'"]);
  assert.match(read(text).problems[0]?.hint ?? "", /begins at m:2/);
});

test("misspelt keywords are guessed", () => {
  const hint = (text: string): string | undefined => read(text).problems[0]?.hint;
  assert.equal(hint("rout { exit; }"), "did you mean route?");
  assert.equal(hint("failure_rout[x] { exit; }"), "did you mean failure_route?");
  assert.equal(hint('loadmodul "tm.so"'), "did you mean loadmodule?");
  assert.equal(hint("route { iff ($x) { exit; } }"), "did you mean if?");
  assert.equal(hint("route { retrun; }"), "did you mean return?");
});

test("at most a hundred errors are listed", () => {
  assert.equal(read(`route { ${"foo;".repeat(500)} }`).problems.length, 100);
  assert.equal(read(`route { ${'xlog("$("'.repeat(500)} }`).problems.length <= 100, true);
});

test("nothing is nested too deep for the reader", () => {
  const deep = (open: string, close: string, n: number): string[] => faults(`route { ${open.repeat(n)} exit; ${close.repeat(n)} }`);
  assert.deepEqual(deep("if ($x) {", "}", 150), []);
  assert.equal(deep("if ($x) {", "}", 100_000).length > 0, true);
  assert.equal(deep("if ($x) ", "", 100_000).length > 0, true);
  assert.equal(faults(`route { if (${"(".repeat(100_000)}1${")".repeat(100_000)}) exit; }`).length > 0, true);
  assert.equal(faults(`route { if (${"!".repeat(100_000)}1) exit; }`).length > 0, true);
  assert.equal(faults(`route { $x = ${"~(".repeat(100_000)}1; }`).length > 0, true);
  assert.equal(faults(`route { $x = 1${" + 1".repeat(100_000)}; }`).length > 0, true);
  assert.deepEqual(faults(`route { $x = 1${" + 1".repeat(400)}; }`), []);
  assert.deepEqual(faults(`route { ${"if ($x) f(); else ".repeat(400)} g(); }`), []);
});

test("the sample is right", () => {
  good(readFileSync(new URL("../../../tests/data/scripts/language.cfg", import.meta.url), "latin1"));
});

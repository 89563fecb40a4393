import assert from "node:assert/strict";
import { test } from "node:test";
import { parseScript, positionOf } from "../language/index.ts";
import { lintScript } from "./lint.ts";

const MATTERS = new Set(["loose_route", "lookup"]);

/** Findings as `line: message`. */
function lint(text: string): readonly string[] {
  const { tree, problems } = parseScript({ read: (path) => (path === "test.cfg" ? text : undefined) }, "test.cfg");
  assert.deepEqual(
    problems.filter((one) => one.severity === "error").map((one) => one.message),
    [],
  );
  const found = lintScript(tree, { doesResultMatter: (name) => MATTERS.has(name) });
  return found.map((one) => `${one.span === undefined ? 0 : positionOf(one.span).line}: ${one.message}`);
}

test("what nothing can reach is named once for each row of statements", () => {
  assert.deepEqual(lint('route {\n exit;\n xlog("a");\n xlog("b");\n}'), ["3: unreachable: what stands before it always ends with exit"]);
  assert.deepEqual(lint('route {\n if ($rU == "a") { exit; } else { drop; }\n xlog("a");\n}'), [
    "3: unreachable: what stands before it always ends with exit, drop, return or break on both ways",
  ]);
  assert.deepEqual(lint('route {\n if ($rU == "a") { exit; }\n xlog("a");\n}'), []);
  assert.deepEqual(lint('route {\n switch ($rU) {\n case "a":\n return;\n break;\n case "b":\n xlog("x");\n }\n}'), []);
});

test("a result that matters and is ignored", () => {
  assert.deepEqual(lint('route {\n loose_route();\n if (!lookup("location")) exit;\n t_relay();\n}'), [
    "2: the result of loose_route() is ignored",
  ]);
});

test("an assignment as a condition", () => {
  assert.deepEqual(lint("route {\n if ($var(x) = 1) exit;\n if ((1) && !($var(x) = 2)) exit;\n if ($var(x) == 1) exit;\n}"), [
    "2: an assignment stands as a condition: it is true whenever it succeeds",
    "3: an assignment stands as a condition: it is true whenever it succeeds",
  ]);
});

test("routes that nothing calls or arms", () => {
  const text = `route { route(a); t_on_failure("f"); launch(sleep(1), l); async(sleep(1), b); }
route[a] { exit; }
route[b] { exit; }
route[c] { exit; }
route[l] { exit; }
failure_route[f] { exit; }
failure_route[g] { exit; }
branch_route[h] { exit; }`;
  assert.deepEqual(lint(text), ["4: route[c] is never used", "7: failure_route[g] is never used", "8: branch_route[h] is never used"]);
  assert.deepEqual(lint(text.replace("route(a);", "route($var(name));").replace("{ route", '{ $var(name) = "a"; route')), [
    "7: failure_route[g] is never used",
    "8: branch_route[h] is never used",
  ]);
});

test("variables that are read and never given a value", () => {
  assert.deepEqual(
    lint(
      'route {\n $var(a) = 1;\n if ($var(a) == $var(b)) xlog("$var(c) $(var(a))\\n");\n get_profile_size("p", "v", $var(d));\n xlog("$var(d)");\n}',
    ),
    ["3: $var(b) is never given a value: it is always NULL", "3: $var(c) is never given a value: it is always NULL"],
  );
  assert.deepEqual(lint('route {\n $var(x) = "a";\n $var($var(x)) = 1;\n xlog("$var(a)");\n}'), []);
});

test("ping intervals that are not above the transaction timeout, where pings are used", () => {
  const text = (flags: string, more = "") => `${more}
route { create_dialog("${flags}"); }`;
  assert.deepEqual(lint(text("B")), []);
  assert.deepEqual(lint(text("Pp")), ["2: options_ping_interval (30 s) is not above tm's fr_timeout (30 s)"]);
  assert.deepEqual(lint(text("reinvite-ping-caller")), []);
  assert.deepEqual(lint(text("reinvite-ping-caller,bye-on-timeout", 'modparam("dialog", "reinvite_ping_interval", 5)')), [
    "1: reinvite_ping_interval (5 s) is not above tm's fr_timeout (30 s)",
  ]);
  assert.deepEqual(lint(text("options-ping-callee", 'modparam("tm", "fr_timeout", 5)')), []);
});

test("profiles that are not used, never read, never filled", () => {
  const text = `modparam("dialog", "profiles_with_value", "a; b/b ;c")
modparam("dialog", "profiles_no_value", "d")
route {
 set_dlg_profile("a", "x");
 set_dlg_profile("b/b", "x");
 get_profile_size("b", "x", $var(n));
 is_in_profile("c", "x");
}`;
  assert.deepEqual(lint(text), [
    "1: profile <a> is never read",
    "1: profile <c> is read and never filled",
    "2: profile <d> is declared and not used",
  ]);
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkScript, runStatements, testScript } from "../../../testing/script.ts";
import { invite, LOAD } from "../fixtures.ts";
import { splitSpec } from "./specs.ts";

const run = (statements: string): Promise<string> => runStatements(statements, { head: LOAD });
const codes = (...calls: readonly string[]): string => calls.map((call) => `${call}; xlog("$rc ");`).join("\n");

describe("AVPs in memory", () => {
  test("is_avp_set, also by kind of value", async () => {
    assert.equal(
      await run(
        `$avp(t) = "x"; $avp(n) = 5; $avp(e) = ""; $avp(2) = 0; ${codes(
          'is_avp_set("$avp(t)")',
          'is_avp_set("$avp(none)")',
          'is_avp_set("$avp(t)/s")',
          'is_avp_set("$avp(t)/n")',
          'is_avp_set("$avp(n)/n")',
          'is_avp_set("$avp(e)/e")',
          'is_avp_set("$avp(t)/e")',
          'is_avp_set("$avp(2)/e")',
        )} $var(x) = "t"; ${codes('is_avp_set("$avp($var(x))")')}`,
      ),
      "1 -1 1 -1 1 1 -1 1 1 ",
    );
  });
  test("avp_delete takes one, all of a name, or all", async () => {
    assert.equal(
      await run(
        `$avp(a) = 1; $avp(a) = 2; $avp(a) = 3; $avp(b) = 4;
         ${codes('avp_delete("$avp(a)")')} xlog("$(avp(a)[*]) "); ${codes('avp_delete("$avp(a)/g")')} xlog("$avp(a) $avp(b) ");
         ${codes('avp_delete("$avp(a)")', 'avp_delete("*")', 'avp_delete("*")')} xlog("$avp(b)");`,
      ),
      "1 2, 1 1 <null> 4 -1 1 -1 <null>",
    );
  });
  test("avp_copy copies, moves and converts", async () => {
    assert.equal(
      await run(
        `$avp(a) = "1"; $avp(a) = "2"; ${codes('avp_copy("$avp(a)", "$avp(b)")', 'avp_copy("$avp(a)", "$avp(c)/gd")', 'avp_copy("$avp(a)", "$avp(d)")', 'avp_copy("$avp(c)", "$avp(n)/n")')}
         xlog("$avp(b) $(avp(c)[*]) $avp(a) "); if ($avp(n) == 2) xlog("int");`,
      ),
      "1 1 -1 1 2 2, 1 <null> int",
    );
  });
  test("avp_check compares integers as integers and texts as texts", async () => {
    assert.equal(
      await run(
        `$avp(n) = 10; $avp(n) = 300; $avp(s) = "Hello"; $var(t) = "hello"; ${codes(
          'avp_check("$avp(n)", "lt/i:20")',
          'avp_check("$avp(n)", "lt/i:20/g")',
          'avp_check("$avp(n)", "eq/i:0x12c")',
          'avp_check("$avp(n)", "gt/299")',
          'avp_check("$avp(n)", "and/i:4")',
          'avp_check("$avp(n)", "xor/i:300")',
          'avp_check("$avp(s)", "eq/s:hello")',
          'avp_check("$avp(s)", "eq/$var(t)/i")',
          'avp_check("$avp(s)", "ne/World")',
          'avp_check("$avp(s)", "le/hello/i")',
          'avp_check("$avp(s)", "re/^H.*o$")',
          'avp_check("$avp(s)", "re/^h.*o$")',
          'avp_check("$avp(s)", "fm/h?ll*/i")',
          'avp_check("$avp(none)", "eq/x")',
          'avp_check("$avp(s)", "and/i:1")',
        )}`,
      ),
      "-1 1 1 1 1 -1 -1 1 1 1 1 -1 1 -1 -1 ",
    );
  });
  test("avp_op computes in place, for all, and into another", async () => {
    assert.equal(
      await run(
        `$avp(n) = 6; $avp(n) = 7; $avp(k) = 3; ${codes('avp_op("$avp(n)", "add/i:1")')} xlog("$(avp(n)[*]) "); ${codes('avp_op("$avp(n)", "mul/i:2/g")')} xlog("$(avp(n)[*]) ");
         ${codes('avp_op("$avp(n)/$avp(m)", "mod/$avp(k)/gd")')} xlog("$avp(n) $(avp(m)[*]) "); ${codes('avp_op("$avp(m)", "div/i:0")', 'avp_op("$avp(k)", "not/i:0")')} xlog("$avp(k)");`,
      ),
      "1 8, 6 1 16, 12 1 <null> 1, 0 -1 1 -4",
    );
  });
  test("avp_subst substitutes in texts", async () => {
    assert.equal(
      await run(
        `$avp(s) = "a@x"; $avp(s) = "b@y"; $var(d) = "new"; ${codes(String.raw`avp_subst("$avp(s)", "/(.*)@(.*)/\\1@$var(d)/")`)} xlog("$(avp(s)[*]) "); ${codes('avp_subst("$avp(s)/$avp(t)/g", "/@.*//")')} xlog("$(avp(s)[*]) $(avp(t)[*]) ");
         ${codes('avp_subst("$avp(s)", "/nothing//")', 'avp_subst("$avp(none)", "/x/y/")')}`,
      ),
      "1 b@new, a@x 1 b@new, a@x b, a -1 -1 ",
    );
  });
  test("avp_insert puts a value at a place", async () => {
    assert.equal(
      await run(
        '$avp(l) = "c"; $avp(l) = "a"; avp_insert($avp(l), "b", 1); xlog("$rc $(avp(l)[*]) "); avp_insert($avp(l), 9, 99); xlog("$(avp(l)[*])");',
      ),
      "1 a, b, c a, b, c, 9",
    );
  });
  test("avp_print shows them in the log", async () => {
    const bench = await testScript(`log_level=3\n${LOAD}\nstartup_route { $avp(a) = 1; $avp(a) = "x"; avp_print(); }\nroute { exit; }`);
    assert.deepEqual(
      bench.complaints.filter((line) => line.startsWith("$avp")),
      ["$avp(a) = x", "$avp(a) = 1"],
    );
    await bench.close();
  });
});

test("avp_pushto writes the target and its branches", async () => {
  const bench = await testScript(
    `${LOAD}\nroute {
      $avp(u) = "carol"; $avp(d) = "10.0.0.8"; $avp(d) = "10.0.0.7"; $avp(h) = "sip:10.0.0.3:5090"; $avp(bad) = "a b";
      ${codes('avp_pushto("$ru/username", "$avp(u)")', 'avp_pushto("$ru/domain", "$avp(d)/g")', 'avp_pushto("$du", "$avp(h)")', 'avp_pushto("$br", "$avp(h)")', 'avp_pushto("$ru/username", "$avp(bad)")', 'avp_pushto("$ru", "$avp(none)")', 'avp_pushto("$ru", "$avp(h)")')}
      xlog("$ru $du $(branch(uri)[*])"); exit; }`,
    { request: invite() },
  );
  await bench.advance(20);
  assert.equal(bench.printed, "1 1 1 1 -1 -1 1 sip:10.0.0.3:5090 sip:10.0.0.3:5090 sip:carol@10.0.0.8;x=y, sip:10.0.0.3:5090");
  await bench.close();
});

test("functions on databases say no, and why", async () => {
  const bench = await testScript(
    `${LOAD}\nloadmodule "sqlops.so"\nstartup_route { avp_db_query("select 1"); xlog("$rc "); sql_query("select 1", "$avp(x)"); xlog("$rc"); }\nroute { exit; }`,
  );
  assert.equal(bench.printed, "-1 -1");
  assert.match(bench.complaints.join(), /no database of AVPs: returning -1/);
  await bench.close();
});

test("specifications are split outside of parentheses", () => {
  assert.deepEqual(splitSpec("$json(a/b)/$avp(c)/g", 3), ["$json(a/b)", "$avp(c)", "g"]);
  assert.deepEqual(splitSpec("$(avp(x){s.select,1,/})/g", 2), ["$(avp(x){s.select,1,/})", "g"]);
  assert.deepEqual(splitSpec("a/b/c", 2), ["a", "b/c"]);
});

test("what does not read is an error of the script", () => {
  const problems = checkScript(`${LOAD}
route {
  is_avp_set("$avp(x)/q");
  avp_check("$avp(x)", "like/x");
  avp_op("$avp(x)", "add/i:x");
  avp_pushto("$fu", "$avp(x)");
  avp_delete("x");
  avp_subst("$avp(x)", "/(/x/");
}`).join("\n");
  assert.match(problems, /unknown flags <q>/);
  assert.match(problems, /unknown operator <like>/);
  assert.match(problems, /<x> is no integer/);
  assert.match(problems, /unknown destination <\$fu>/);
  assert.match(problems, /error 18:/);
  assert.match(problems, /bad re "\("/);
});

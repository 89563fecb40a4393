// What surprises people who write scripts: script-language 13.1, as far as the language itself goes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkScript, testScript } from "../../testing/script.ts";
import { IntParameter } from "../module.ts";
import { registryWith } from "./fixtures.ts";

async function printed(statements: string, routes = ""): Promise<string> {
  const bench = await testScript(`startup_route {\n${statements}\n}\n${routes}\nroute { exit; }\n`, { registry: registryWith([]) });
  await bench.close();
  return bench.printed;
}

test("== on texts ignores case, also for methods and Call-IDs (4)", async () => {
  assert.equal(await printed('if ($rm == "dummy") xlog("m"); if ($ci == "DUMMY-1") xlog("c"); if ($rm != "Dummy") xlog("never");'), "mc");
});

test("a list of AVPs is begun with NULL and grows at its head (8)", async () => {
  const statements = `$avp(mi_param) = "stale"; $avp(mi_param) = NULL; $avp(mi_param) = "a"; $avp(mi_param) = "b"; $avp(mi_param) = "c";
    xlog("$(avp(mi_param)[*])");`;
  assert.equal(await printed(statements), "c, b, a");
});

test("a list is gone through by index until NULL, inside texts too (9)", async () => {
  const statements = `$avp(x) = "a"; $avp(x) = "b"; $avp(x) = "c"; $var(i) = 0;
    while ($(avp(x)[$var(i)]) != NULL) { xlog("$(avp(x)[$var(i)])"); $var(i) = $var(i) + 1; } xlog("$var(i)");`;
  assert.equal(await printed(statements), "cba3");
});

test("names of parameters have a case, names of modules have none; 0666 is octal (18)", () => {
  const seen: number[] = [];
  const registry = registryWith([], {
    pipe: () => {
      const mode = new IntParameter("fifo_mode", 0);
      const check = (): readonly string[] => {
        seen.push(mode.value);
        return [];
      };
      return { name: "pipe", parameters: [mode], functions: [], variables: [], check };
    },
  });
  assert.deepEqual(checkScript('loadmodule "pipe.so"\nmodparam("PIPE", "fifo_mode", 0666)\nroute { exit; }', { registry }), []);
  assert.deepEqual(seen, [0o666]);
  assert.deepEqual(checkScript('loadmodule "pipe.so"\nmodparam("pipe", "Fifo_Mode", 0666)\nroute { exit; }', { registry }), [
    "error 2:18 parameter Fifo_Mode not found in module pipe (did you mean fifo_mode?)",
  ]);
});

test("a modparam may go over several lines, with a comment behind it (19)", () => {
  const registry = registryWith([], {
    pipe: () => ({ name: "pipe", parameters: [new IntParameter("size", 0)], functions: [], variables: [] }),
  });
  const text = 'loadmodule "pipe.so" # the pipe\nmodparam("pipe",\n  "size",\n  5) # CUSTOMIZE ME\nroute { exit; }';
  assert.deepEqual(checkScript(text, { registry }), []);
});

test("keywords may name routes (24)", async () => {
  assert.equal(
    await printed(
      'route(error); route(log); route("while");',
      'route[error] { xlog("e"); } route[log] { xlog("l"); } route["while"] { xlog("w"); }',
    ),
    "elw",
  );
});

test("scalars of JSON keep their type, objects are copied as text (28)", async () => {
  const statements = `$json(o) := "{\\"n\\": 5, \\"s\\": \\"5\\", \\"sub\\": {\\"k\\": 1}}";
    $var(n) = $json(o/n); $var(s) = $json(o/s); $var(sub) = $json(o/sub);
    if ($var(n) == 5) xlog("int "); if ($var(s) == "5") xlog("text "); xlog("$var(sub)");`;
  assert.equal(await printed(statements), 'int text { "k": 1 }');
});

test("{s.int} keeps its text; + 0 makes a number of it (30)", async () => {
  const statements = `$var(t) = "12abc"; $var(i) = $(var(t){s.int}); $var(n) = $(var(t){s.int}) + 0; xlog("$var(i) $var(n) ");
    if ($(var(t){s.int}) == 12) xlog("equal"); if ($var(n) > 11) xlog(" more");`;
  assert.equal(await printed(statements), "12abc 12 equal more");
});

test("an error in a condition names the line of its statement (33)", async () => {
  const bench = await testScript(
    'startup_route {\n$var(t) = "x";\nif ($var(t) == 1\n  || 1)\n{\n  xlog("never");\n}\nelse xlog("e");\n}\nroute { exit; }',
    {
      registry: registryWith([]),
    },
  );
  await bench.close();
  assert.equal(bench.printed, "e");
  assert.equal(bench.complaints.at(-1), "error in expression at test.cfg:3");
});

test("lines of included files are named as the include wrote them (11.1)", async () => {
  const bench = await testScript('include_file "inc/sub.cfg"\nroute { exit; }\nstartup_route { route(r); xlog("$cfg_file:$cfg_line"); }', {
    registry: registryWith([]),
    files: { "inc/sub.cfg": 'route[r] {\n  $var(x) = $var(nul) + 1;\n  xlog("$cfg_file:$cfg_line ");\n}\n' },
  });
  await bench.close();
  assert.equal(bench.printed, "inc/sub.cfg:3 test.cfg:3");
  assert.equal(bench.complaints.at(-1), "no value in right expression at inc/sub.cfg:2");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "./nearest.ts";
import { parseScript } from "./parser.ts";
import { positionOf } from "./positions.ts";
import { formatProblems } from "./problems.ts";

const shown = (texts: Readonly<Record<string, string>>, style = {}): string =>
  formatProblems(parseScript({ read: (path) => texts[path] }, "main.cfg").problems, style);

test("an error has its place, the lines around it, and a marker below its line", () => {
  const text = "# one\n# two\n\n# four\nroute {\n\tif ($x) foo;\n# seven\n# eight\n# nine\n}\n";
  assert.equal(
    shown({ "main.cfg": text }),
    [
      "parse error in main.cfg:6:10-13: bare word <foo> found, command calls need '()'",
      "# four",
      "route {",
      "\tif ($x) foo;",
      "\t        ^~~",
      "# seven",
      "# eight",
      "hint in main.cfg:6:10-13: did you mean for?",
      "",
    ].join("\n"),
  );
});

test("only the first error has lines around it, unless all are asked for, or none", () => {
  const text = "route {\n bar;\n qux;\n}\n";
  const bar = "parse error in main.cfg:2:2-5: bare word <bar> found, command calls need '()'\n";
  const qux = "parse error in main.cfg:3:2-5: bare word <qux> found, command calls need '()'\n";
  assert.equal(shown({ "main.cfg": text }), `${bar}route {\n bar;\n ^~~\n qux;\n}\n${qux}`);
  assert.equal(shown({ "main.cfg": text }, { context: "none" }), bar + qux);
  assert.equal(
    shown({ "main.cfg": text }, { context: "all" }),
    `${bar}route {\n bar;\n ^~~\n qux;\n}\n${qux}route {\n bar;\n qux;\n ^~~\n}\n`,
  );
});

test("an error in an included file tells how it came to be read", () => {
  const text = shown({ "main.cfg": 'include_file "a.cfg"\n', "a.cfg": '\ninclude_file "b.cfg"', "b.cfg": "x;" });
  assert.ok(
    text.startsWith(
      "Traceback (last included file at the bottom):\n 0. main.cfg\n 1. a.cfg\n 2. b.cfg\nparse error in b.cfg:1:1-2: syntax error\nx;\n^\n",
    ),
    text,
  );
});

test("warnings are called so, and a problem without a place stands alone", () => {
  assert.equal(shown({ "main.cfg": "route { }" }, { context: "none" }), "warning in main.cfg:1:1-6: route has no statements\n");
  assert.equal(shown({}), "loading config file main.cfg: No such file or directory\n");
  assert.equal(formatProblems([]), "");
});

test("of a very long line only a part is shown", () => {
  const text = shown({ "main.cfg": `route { ${"f(); ".repeat(1000)}foo; }` });
  const [, line = "", marker = ""] = text.split("\n");
  assert.ok(line.length <= 200);
  assert.equal(line.slice(marker.indexOf("^"), marker.length), "foo");
});

test("lines and columns count from 1, and a span over several lines ends with its first", () => {
  const file = { path: "m", text: "ab\ncde\r\nf", includedAt: undefined };
  assert.deepEqual(positionOf({ file, start: 0, end: 1 }), { path: "m", line: 1, column: 1, endColumn: 2 });
  assert.deepEqual(positionOf({ file, start: 4, end: 9 }), { path: "m", line: 2, column: 2, endColumn: 5 });
  assert.deepEqual(positionOf({ file, start: 8, end: 9 }), { path: "m", line: 3, column: 1, endColumn: 2 });
});

test("the nearest word is the one with the fewest changes, if few are enough", () => {
  const words = ["t_relay", "t_reply", "create_dialog", "exit", "if"];
  assert.equal(nearest("t_rely", words), "t_relay");
  assert.equal(nearest("creat_dialog", words), "create_dialog");
  assert.equal(nearest("CREATE_DIALOG", words), "create_dialog");
  assert.equal(nearest("eixt", words), "exit");
  assert.equal(nearest("fi", words), "if");
  assert.equal(nearest("foo", words), undefined);
  assert.equal(nearest("", words), undefined);
  assert.equal(nearest("x".repeat(100_000), words), undefined);
});

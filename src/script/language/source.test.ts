import assert from "node:assert/strict";
import { test } from "node:test";
import { parseScript } from "./parser.ts";
import { positionOf } from "./positions.ts";
import { printScript } from "./print.ts";
import { type FileReader, readSource } from "./source.ts";

function files(texts: Readonly<Record<string, string>>): FileReader {
  return { read: (path) => texts[path] };
}

const messages = (problems: readonly { readonly message: string }[]): string[] => problems.map((problem) => problem.message);

test("an include is put in place of its line, the rest of which is ignored", () => {
  const { source, problems } = readSource(files({ "main.cfg": 'a=1\n  include_file "b.cfg" whatever\nc=3\n', "b.cfg": "b=2" }), "main.cfg");
  assert.equal(source.text, "a=1\n  b=2\nc=3\n");
  assert.deepEqual(problems, []);
});

test("include_file and import_file are the same, in either kind of quotes", () => {
  const reader = files({ "main.cfg": "import_file 'b.cfg'\ninclude_file\t\"b.cfg\"\n", "b.cfg": "b=2" });
  assert.equal(readSource(reader, "main.cfg").source.text, "b=2\nb=2\n");
});

test("an include works inside of a route, of a comment and of a string; not in the middle of a line", () => {
  const inRoute = parseScript(files({ m: 'route {\ninclude_file "b"\n}\n', b: "exit;" }), "m");
  assert.deepEqual(inRoute.problems, []);
  assert.equal(printScript(inRoute.tree), "route {\n  exit;\n}\n");
  assert.equal(readSource(files({ m: '/*\ninclude_file "b"\n*/', b: "*/ x=1 /*" }), "m").source.text, "/*\n*/ x=1 /*\n*/");
  assert.equal(readSource(files({ m: 'x="\ninclude_file "b"\n"', b: "text" }), "m").source.text, 'x="\ntext\n"');
  assert.equal(readSource(files({ m: 'x=1 include_file "b"', b: "text" }), "m").source.text, 'x=1 include_file "b"');
});

test("a name is looked for as given, then beside the file that includes it", () => {
  const reader = files({
    "etc/main.cfg": 'include_file "inc/a.cfg"',
    "etc/inc/a.cfg": 'include_file "b.cfg"',
    "etc/inc/b.cfg": "b=1",
    "b.cfg": "b=2",
  });
  assert.equal(readSource(reader, "etc/main.cfg").source.text, "b=2");
  const nested = files({ "etc/main.cfg": 'include_file "inc/a.cfg"', "etc/inc/a.cfg": 'include_file "b.cfg"', "etc/inc/b.cfg": "b=1" });
  assert.equal(readSource(nested, "etc/main.cfg").source.text, "b=1");
});

test("positions are those of the file a thing stands in, under the name that the include gave", () => {
  const reader = files({ "etc/main.cfg": 'a=1\ninclude_file "inc.cfg"\n;\n', "etc/inc.cfg": "\n  ;\n" });
  const { problems } = parseScript(reader, "etc/main.cfg");
  assert.deepEqual(
    problems.map(({ span }) => span && positionOf(span)),
    [
      { path: "inc.cfg", line: 2, column: 3, endColumn: 4 },
      { path: "etc/main.cfg", line: 3, column: 1, endColumn: 2 },
    ],
  );
  assert.equal(problems[0]?.span?.file.includedAt?.file.path, "etc/main.cfg");
});

test("a block that begins in one file and ends in another is cut at its file's end", () => {
  const { tree, problems } = parseScript(files({ m: 'include_file "b"\n}\n', b: "route {\n exit;\n" }), "m");
  assert.deepEqual(problems, []);
  const span = tree.items[0]?.span;
  assert.equal(span?.file.path, "b");
  assert.equal(span?.file.text.slice(span.start, span.end), "route {\n exit;\n");
});

test("a missing file is an error, the main one included", () => {
  assert.deepEqual(messages(parseScript(files({}), "x.cfg").problems), ["loading config file x.cfg: No such file or directory"]);
  const { problems } = readSource(files({ "etc/m": 'include_file "b"\na=1' }), "etc/m");
  assert.deepEqual(messages(problems), ["failed to open b"]);
  assert.equal(problems[0]?.hint, "looked for b and for etc/b");
  assert.deepEqual(messages(readSource(files({ m: "include_file\n" }), "m").problems), ["syntax error"]);
});

test("includes nest 50 deep and no deeper", () => {
  const chain = (depth: number): FileReader => ({
    read: (path) => (Number(path) < depth ? `include_file "${Number(path) + 1}"` : Number(path) === depth ? "x=1" : undefined),
  });
  assert.deepEqual(messages(readSource(chain(50), "0").problems), []);
  assert.deepEqual(messages(readSource(chain(51), "0").problems), ["too many nested includes: 51"]);
});

test("a file that includes itself twice comes to an end", () => {
  const { problems, source } = readSource(files({ m: 'include_file "m"\ninclude_file "m"\nx=1\n' }), "m");
  assert.ok(messages(problems).includes("too many included files"));
  assert.ok(source.files.length <= 1002);
});

test("a word that only begins like an include is left to the parser", () => {
  assert.equal(readSource(files({ m: "include_files = 1\ninclude_file = 2" }), "m").source.text, "include_files = 1\ninclude_file = 2");
});

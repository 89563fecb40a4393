// $json: documents read, changed, printed and iterated.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Bench } from "./fixtures.ts";
import { isJsonAccessor, jsonVariables } from "./json.ts";
import { parsePath } from "./json-path.ts";
import { JsonNumber, parseJson, printJson } from "./json-text.ts";

/** A bench whose `$json(d)` holds this document. */
function holding(text: string): Bench {
  const bench = new Bench();
  bench.run.vars.set("text", text);
  bench.script("$json(d) := $var(text);");
  return bench;
}

describe("reading documents", () => {
  test("keeps numbers that are no 32-bit integers as they were written", () => {
    const it = holding('{"i":-5,"big":4294967296,"f":1.50,"e":1E3,"z":-0}');
    assert.equal(it.print("$json(d)"), '{ "i": -5, "big": 4294967296, "f": 1.50, "e": 1E3, "z": 0 }');
    it.script("$var(i) = $json(d/i); $var(f) = $json(d/f);");
    assert.equal(it.run.vars.get("i"), -5);
    assert.equal(it.run.vars.get("f"), "1.50");
  });
  test("undoes escapes, \\u to UTF-8", () => {
    const parsed = parseJson(String.raw`"\"\\\/\b\f\n\r\t\u0041\u00e4\u20ac\ud83d\ude00\ud800x"`);
    assert.ok(parsed.ok);
    assert.equal(parsed.value, '"\\/\b\f\n\r\tA\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbdx');
  });
  test("refuses what is no document, with the place", () => {
    for (const [text, at] of [
      ["", 0],
      ["{", 1],
      ['{"a" 1}', 5],
      ['{"a":1,}', 7],
      ["[1,]", 3],
      ["[1 2]", 3],
      ["{a:1}", 1],
      ['"open', 5],
      ['"\\x"', 3],
      ['"\\u12g4"', 3],
      ["1 2", 2],
      ["-", 1],
      ["1.", 2],
      ["1e", 2],
      ["nul", 0],
    ] as const) {
      const parsed = parseJson(text);
      assert.ok(!parsed.ok, text);
      assert.equal(parsed.fault.at, at, text);
      assert.notEqual(parsed.fault.reason, "");
    }
  });
  test("stops at 32 levels and takes its time in proportion", () => {
    assert.ok(parseJson("[".repeat(32) + "]".repeat(32)).ok);
    assert.ok(!parseJson("[".repeat(34) + "]".repeat(34)).ok);
    assert.ok(!parseJson("[".repeat(1_000_000)).ok);
    assert.ok(parseJson(`[${"1,".repeat(200_000)}1]`).ok);
  });
  test("a failed := leaves NULL, and the statement fails", () => {
    const it = holding("[1]");
    assert.equal(it.script('if ($json(d) := "{") xlog("ok "); else xlog("failed "); xlog("$json(d)");'), "failed <null>");
    assert.match(it.lines[0] ?? "", /-1 json:pv_set_json: error parsing json: key expected at 1/);
  });
});

describe("printing documents", () => {
  const document = parseJson('{"a":[1,{"b":"x/y"},[],{}],"c":true,"d":null,"\\n":"\\u0001"}');
  assert.ok(document.ok);
  test("spaced as json-c does it", () => {
    assert.equal(printJson(document.value, "spaced"), '{ "a": [ 1, { "b": "x\\/y" }, [ ], { } ], "c": true, "d": null, "\\n": "\\u0001" }');
  });
  test("compact, with and without escaped slashes", () => {
    assert.equal(printJson(document.value, "compact"), '{"a":[1,{"b":"x\\/y"},[],{}],"c":true,"d":null,"\\n":"\\u0001"}');
    assert.equal(printJson(document.value, "compact", false), '{"a":[1,{"b":"x/y"},[],{}],"c":true,"d":null,"\\n":"\\u0001"}');
  });
  test("pretty, a line for each entry", () => {
    assert.equal(printJson(new Map([["a", [1, new Map()]]]), "pretty"), '{\n  "a":[\n    1,\n    {}\n  ]\n}');
    assert.equal(printJson(new JsonNumber("1e9"), "pretty"), "1e9");
  });
  test("by the variable's name", () => {
    const it = holding('{"a":[1],"s":"x/y","t":true,"n":null}');
    assert.equal(
      it.print("$json_compact(d/a)|$json(d/a)|$json(d/s)|$json_compact_noescape(d)"),
      '[1]|[ 1 ]|x/y|{"a":[1],"s":"x/y","t":true,"n":null}',
    );
    assert.equal(it.print("$json(d/t) $json(d/n)"), "true null");
    assert.equal(it.print("$json_pretty(d/a)"), "[\n  1\n]");
  });
});

describe("paths", () => {
  test("are names, keys and indexes; blanks belong to keys", () => {
    assert.deepEqual(parsePath("a/b c[0][-1]/d[]"), {
      name: "a",
      steps: [
        { kind: "key", key: "b c" },
        { kind: "index", index: 0 },
        { kind: "index", index: -1 },
        { kind: "key", key: "d" },
        { kind: "append" },
      ],
    });
    for (const bad of ["", "/a", "[0]", "a[", "a[x]", "a[0]b", "a[-]", "a[12345678901]"]) assert.equal(parsePath(bad), undefined, bad);
  });
  test("may hold variables", () => {
    const it = holding('{"list":[{"k":"v0"},{"k":"v1"}]}');
    assert.equal(
      it.script('$var(i) = 1; $var(k) = "k"; xlog("$json(d/list[$var(i)]/$var(k)) $json(d/list[-2]/k) $json($var(none)/k)");'),
      "v1 v0 <null>",
    );
  });
  test("lead nowhere where the document is of another shape", () => {
    const it = holding('{"a":"text","l":[1]}');
    assert.equal(
      it.print("$json(d/a/b) $json(d/a[0]) $json(d/l/x) $json(d/l[1]) $json(d/l[]) $json(none/x)"),
      "<null> <null> <null> <null> <null> <null>",
    );
  });
});

describe("writing", () => {
  test("= stores text and integers as they are, := documents", () => {
    const it = holding("{}");
    it.script('$json(d/s) = "[1]"; $json(d/p) := "[1]"; $json(d/i) = 7; $json(d/b) := "false"; $json(d/rm) = $rm;');
    assert.equal(it.print("$json_compact(d)"), '{"s":"[1]","p":[1],"i":7,"b":false,"rm":"INVITE"}');
  });
  test("[] appends, also to a list that is not there yet; an index replaces", () => {
    const it = holding('{"l":[]}');
    it.script(
      '$json(d/l[]) = 1; $json(d/l[]) = "two"; $json(d/l[0]) = 0; $json(d/l[2]) := "{}"; $json(d/l[2]/k) = 3; $json(n[]) = 5; $json(n[]) = 6;',
    );
    assert.equal(it.print("$json_compact(d) $json_compact(n)"), '{"l":[0,"two",{"k":3}]} [5,6]');
  });
  test("NULL deletes a key, an item, a document", () => {
    const it = holding('{"a":1,"l":[1,2,3]}');
    it.script("$json(d/a) = NULL; $json(d/l[-1]) = NULL; $json(d/none) = NULL;");
    assert.equal(it.print("$json_compact(d)"), '{"l":[1,2]}');
    assert.equal(it.script('$json(d) = NULL; xlog("$json(d)");'), "<null>");
  });
  test("fails where there is no such place", () => {
    const it = holding('{"a":"x","l":[]}');
    it.script("$json(d/no/k) = 1; $json(d/a/k) = 1; $json(d/l[5]) = 1; $json(d/l/k) = 1; $json(none/k) = 1;");
    assert.equal(it.print("$json_compact(d)"), '{"a":"x","l":[]}');
    assert.equal(it.lines.filter((line) => line.includes("could not find object in path")).length, 5);
  });
  test("keys have no meaning of their own", () => {
    const it = holding('{"__proto__":{"x":1},"constructor":2}');
    assert.equal(it.print("$json(d/__proto__/x) $json(d/constructor) $json(d/toString)"), "1 2 <null>");
  });
  test("a document linked into itself is refused", () => {
    const it = holding('{"a":{}}');
    const definition = jsonVariables()[0];
    const at = (inner: string) => {
      const accessor = definition?.bind({
        name: "json",
        inner,
        index: undefined,
        context: undefined,
        span: { file: { path: "", text: "", includedAt: undefined }, start: 0, end: 0 },
        fault: assert.fail,
        warn: assert.fail,
      });
      assert.ok(accessor !== undefined && isJsonAccessor(accessor));
      return accessor;
    };
    const whole = at("d").document(it.run);
    assert.ok(whole !== undefined);
    assert.equal(at("d/a/self").link(it.run, whole), false);
    assert.equal(at("other").link(it.run, whole), true);
    it.script("$json(other/b) = 1;");
    assert.equal(it.print("$json_compact(d)"), '{"a":{},"b":1}');
  });
});

describe("iteration", () => {
  const loop = (it: Bench, place: string): string => it.script(`for ($var(e) in $(json(${place})[*])) xlog("<$var(e)>");`);
  test("goes over the values of lists and objects, or over the keys", () => {
    const it = holding('{"l":[1,{"a":2},"x"],"o":{"k":"v","n":5}}');
    assert.equal(loop(it, "d/l"), '<1><{ "a": 2 }><x>');
    assert.equal(loop(it, "d/o"), "<v><5>");
    assert.equal(loop(it, "d/o.values"), "<v><5>");
    assert.equal(loop(it, "d/o.keys"), "<k><n>");
    assert.equal(loop(it, "d.keys"), "<l><o>");
    assert.equal(loop(it, "d/l[0]"), "");
    assert.equal(loop(it, "none"), "");
    assert.equal(it.print("$(json(d/l)[2]) $(json(d/l)[-1]) $(json(d/l)[*])"), 'x x 1, { "a": 2 }, x');
  });
  test("with a $json iterator gives documents", () => {
    const it = holding('[{"n":"a"},{"n":"b"}]');
    assert.equal(it.script('for ($json(e) in $(json(d)[*])) xlog("$json(e/n)");'), "ab");
  });
});

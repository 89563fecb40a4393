import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkScript, runStatements } from "../../testing/script.ts";
import { parseJson, printJson } from "../variables/index.ts";
import { LOAD } from "./fixtures.ts";
import { mergePatch } from "./json.ts";

const run = (statements: string): Promise<string> => runStatements(statements, { head: LOAD });

describe("json_link", () => {
  test("shows one document at two places", async () => {
    assert.equal(
      await run(`
        $json(b) := "[{},{},{}]";
        json_link($json(stub), $json(b[0])); xlog("$rc ");
        $json(stub/ana) = "are"; $json(stub/ar) := "[]"; $json(stub/ar[]) = 1; $json(stub/ar[]) = 2; $json(b[0]/ar[0]) = NULL;
        xlog("$json(stub) $json(b)|");
        $json(stub) = NULL; xlog("$json(stub) $json_compact(b)");`),
      '1 { "ana": "are", "ar": [ 2 ] } [ { "ana": "are", "ar": [ 2 ] }, { }, { } ]|<null> [{"ana":"are","ar":[2]},{},{}]',
    );
  });
  test("cannot make a document hold itself, nor link to nothing", async () => {
    assert.equal(
      await run(
        '$json(b) := "[1]"; json_link($json(b[0]), $json(b)); xlog("$rc "); json_link($json(x), $json(none)); xlog("$rc $json(b)");',
      ),
      "-1 -1 [ 1 ]",
    );
  });
  test("wants documents", () => {
    assert.match(checkScript(`${LOAD}\nroute { json_link($var(x), $json(y)); }`).join(), /error 13:19 \$json expected/);
  });
});

describe("json_merge", () => {
  test("merges by RFC 7396", async () => {
    assert.equal(
      await run(String.raw`
        $json(a) := "{}"; $json(a/test1) = "v1"; $json(a/common) = "old"; $json(b) := "{}"; $json(b/test2) = "v2"; $json(b/common) = "new";
        json_merge($json(a), $json(b), $var(m)); xlog("$rc $var(m) ");
        json_merge("{\"a\":1}", "{\"a\":null}", $json(out)); xlog("$json(out) ");
        json_merge("{", "{}", $var(m)); xlog("$rc");`),
      '1 {"test1":"v1","common":"new","test2":"v2"} { } -1',
    );
  });
  // RFC 7396, appendix A
  for (const [target, patch, result] of [
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', "{}"],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"a":"b"}', '["c"]', '["c"]'],
    ['{"a":"foo"}', "null", "null"],
    ['{"a":"foo"}', '"bar"', '"bar"'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ["[1,2]", '{"a":"b","c":null}', '{"a":"b"}'],
    ["{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ] as const) {
    test(`${target} with ${patch}`, () => {
      const main = parseJson(target);
      const change = parseJson(patch);
      assert.ok(main.ok && change.ok);
      assert.equal(printJson(mergePatch(main.value, change.value), "compact"), result);
    });
  }
});

// The reference's answers, as observed: script-language 14.1.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ScriptTestOptions, testScript } from "../../testing/script.ts";
import { registryWith } from "./fixtures.ts";

const ROUTES = `
route[R] { xlog("$param(1)|$param(2)|$param(3)|$param(4)"); }
route[R3] { return(3); }
route[M1] { return(-1); }
`;

/** What statements print, and what the log says of them. */
async function run(
  statements: string,
  head = "",
  options: ScriptTestOptions = {},
): Promise<{ printed: string; complaints: readonly string[] }> {
  const bench = await testScript(`${head}${ROUTES}startup_route {\n${statements}\n}\nroute { exit; }\n`, {
    registry: registryWith([]),
    ...options,
  });
  await bench.close();
  return bench;
}

const VECTORS: readonly (readonly [statements: string, printed: string])[] = [
  [`$var(s)="abc"; if ($var(s)=="ABC") xlog("true"); else xlog("false");`, "true"],
  [`$var(s)="abc"; if ($var(s) =~ "^A.C$") xlog("true"); else xlog("false");`, "true"],
  [`$var(a)="10"; $var(b)="9"; if ($var(a) > $var(b)) xlog("true"); else xlog("false");`, "false"],
  [`$var(a)=10; $var(b)="9"; if ($var(a) > $var(b)) xlog("true"); else xlog("false");`, "false"],
  [
    `$avp(l)="one"; $avp(l)="two"; $avp(l)="three"; xlog("$avp(l) $(avp(l)[1]) $(avp(l)[-1]) $(avp(l)[*]) $(avp(l)[9])");`,
    "three two one three, two, one <null>",
  ],
  [`$avp(l)="one"; $avp(l)="two"; $avp(l)="three"; $avp(l)=NULL; xlog("$avp(l)"); $avp(l):="only"; xlog("$(avp(l)[*])");`, "twoonly"],
  [`$avp(n)="x"; $(avp(n)[append])="y"; $(avp(n)[0])="z"; xlog("$(avp(n)[*])"); $(avp(n)[*])=NULL; xlog("$avp(n)");`, "z, y<null>"],
  [`$avp(a)=5; $avp(a)="5"; xlog("$(avp(a)[*])");`, "5, 5"],
  [`$var(i)=1; $var(s)="abc"; route(R,1,"two $var(i)",$var(s));`, "1|two $var(i)|abc|<null>"],
  [`$var(q)=route(R3); xlog("$var(q)"); route(R3); xlog("$rc");`, "33"],
  [`if (route(M1)) xlog("t"); else xlog("f $rc");`, "f -1"],
  [`$var(s)="abc"; switch ($var(s)) { case "ABC": xlog("1"); case "zz": xlog("2"); break; default: xlog("3"); }`, "12"],
  [`$var(i)=5; $var(y)="x"+$var(i); xlog("$var(y)");`, "x5"],
  [`$var(z)=6; $var(z)|=1; $var(z)&=5; $var(z)^=2; xlog("$var(z)"); $var(z)%=4; xlog("$var(z)");`, "73"],
  [`$var(b)=~1; $var(h)=0x1F; $var(o)=010; xlog("$var(b) $var(h) $var(o)");`, "-2 31 8"],
  [
    `$json(j):="{\\"a\\":1,\\"b\\":[1,2,\\"x\\"],\\"c\\":{\\"d\\":\\"e\\"}}"; xlog("$json(j) $json(j/a) $json(j/b[1]) $json(j/c/d) $json(j/q)");`,
    `{ "a": 1, "b": [ 1, 2, "x" ], "c": { "d": "e" } } 1 2 e <null>`,
  ],
  [
    `$json(j):="{\\"a\\":1,\\"b\\":[1,2,\\"x\\"],\\"c\\":{\\"d\\":\\"e\\"}}"; $json(j/c)=NULL; $json(j/n)="5"; $json(j/i)=5; xlog("$json(j)");`,
    `{ "a": 1, "b": [ 1, 2, "x" ], "n": "5", "i": 5 }`,
  ],
  [`$json(j):="{\\"b\\":[1,2,\\"x\\"]}"; for ($var(e) in $(json(j/b)[*])) xlog("$var(e) ");`, "1 2 x "],
  [`xlog("tab\\there \\x41\\101 \\q \\\\ end");`, "tab\there AA \\q \\ end"],
  [
    `$var(a)="a,b,c"; xlog("$(var(a){s.select,1,,}) $(var(a){s.select,-1,,}) $(var(a){csv.count}) $(var(a){s.substr,-1,0}) [$(var(a){s.substr,9,1})] $(var(a){s.md5})");`,
    "b c 3 c [<null>] a44c56c8177e32d3613988f4dba7962e",
  ],
  [
    `$var(s)="hello world"; xlog("$(var(s){s.substr,-5,3})|$(var(s){s.substr,2,-2})|$(var(s){s.substr,3,100})|$(var(s){s.index,o,5})|$(var(s){s.rindex,o})|$(var(s){s.fill.right,ab,16})|$(var(s){s.crc32})");`,
    "wor|llo wor|lo world|7|7|hello worldababa|4072009338",
  ],
  [
    `$var(n)="\\"Al\\" <sip:a@b>;tag=1;q=2"; xlog("$(var(n){nameaddr.name})|$(var(n){nameaddr.uri})|$(var(n){nameaddr.param,tag})|$(var(n){nameaddr.params})|$(var(n){nameaddr.len})");`,
    '"Al"|sip:a@b|1|tag=1;q=2|14',
  ],
  [
    `$var(k)="one two"; xlog("$(var(k){re.subst,/(o)(n)/\\\\2\\\\1/})|$(var(k){re.subst,/O/_/gi})|$(var(k){re.subst,/zz/_/})");`,
    "noe two|_ne tw_|one two",
  ],
];

for (const [statements, printed] of VECTORS) {
  test(`golden vector: ${statements}`, async () => {
    const done = await run(statements);
    assert.equal(done.printed, printed);
  });
}

test("a comparison of a text with a number is an error: else is taken, also under ! (5.5)", async () => {
  for (const condition of ["$var(x)==5", "!($var(x)==5)", "$var(x)==5 || 1", "$var(x)==5 && 1", "1 && $var(x)==5", "0 || $var(x)==5"]) {
    const { printed, complaints } = await run(`$var(x)="5"; if (${condition}) xlog("t"); else xlog("f");`);
    assert.equal(printed, "f", condition);
    assert.deepEqual(complaints, [
      "invalid EQUAL operation: left is EXPRESSION/STRING_VAL, right is NUMBER/NO_VAL",
      "error in expression at test.cfg:6",
    ]);
  }
});

test("text plus a literal number leaves the target as it was (5.6)", async () => {
  const { printed, complaints } = await run(`$var(y)="was"; $var(y)="x"+5; xlog("$var(y) $rc");`);
  assert.equal(printed, "was -1");
  assert.deepEqual(complaints, ["invalid string operands", "no value in right expression at test.cfg:6"]);
});

test("dividing by 0 assigns 0 (5.6)", async () => {
  for (const operation of ["$var(z)=$var(z)/0;", "$var(z)=$var(z)%0;", "$var(z)/=0;", "$var(z)=$var(z)/$var(nul);"]) {
    const { printed, complaints } = await run(`$var(z)=5; ${operation} xlog("$var(z) $rc");`);
    assert.equal(printed, "0 1", operation);
    assert.deepEqual(complaints, ["divide by 0"]);
  }
});

test("while runs exactly max_while_loops bodies and leaves (5.5)", async () => {
  const { printed, complaints } = await run(`$var(i)=0; while (1) { $var(i)=$var(i)+1; } xlog("$var(i)");`, "max_while_loops=5\n");
  assert.equal(printed, "5");
  assert.equal(complaints.length, 1);
  assert.match(complaints[0] ?? "", /max while loops/);
});

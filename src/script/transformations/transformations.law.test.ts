// Laws of transformations and of rewritten URIs.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseUri } from "../../sip/index.ts";
import type { Value } from "../values.ts";
import { Bench } from "../variables/fixtures.ts";
import type { Json } from "../variables/json-text.ts";
import { parseJson, printJson } from "../variables/json-text.ts";
import { fieldsOf } from "./csv.ts";
import type { Change } from "./definition.ts";
import { transformations } from "./index.ts";
import { paramsOf } from "./param.ts";
import { piece } from "./text.ts";

const { run } = new Bench();
const SITE = { span: { file: { path: "", text: "", includedAt: undefined }, start: 0, end: 0 }, fault: () => {}, warn: () => {} };

function bound(group: string, name: string, ...parameters: readonly string[]): Change {
  const definition = transformations.find((one) => one.class === group && one.name === name);
  const change = definition?.bind(
    parameters.map((text) => () => text),
    parameters,
    SITE,
  );
  assert.ok(change !== undefined, `${group}.${name}`);
  return change;
}
const apply = (value: Value, group: string, name: string, ...parameters: readonly string[]): Value =>
  bound(group, name, ...parameters)(value, run);

const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 60 }).map((codes) => String.fromCharCode(...codes));

describe("inverses", () => {
  for (const [to, back] of [
    ["encode.hexa", "decode.hexa"],
    ["b64encode", "b64decode"],
    ["escape.common", "unescape.common"],
    ["escape.user", "unescape.user"],
    ["escape.param", "unescape.param"],
    ["reverse", "reverse"],
  ] as const) {
    test(`s.${back} undoes s.${to}`, () => {
      fc.assert(fc.property(bytes, (text) => assert.equal(apply(apply(text, "s", to), "s", back), text)));
    });
  }
  test("s.xor undoes itself", () => {
    fc.assert(
      fc.property(
        bytes,
        bytes.filter((key) => key !== ""),
        (text, key) => assert.equal(apply(apply(text, "s", "xor", key), "s", "xor", key), text),
      ),
    );
  });
  test("ip.ntop undoes ip.pton", () => {
    fc.assert(fc.property(fc.ipV4(), (ip) => assert.equal(apply(apply(ip, "ip", "pton"), "ip", "ntop"), ip)));
    fc.assert(
      fc.property(fc.ipV6(), (ip) => {
        const packed = apply(ip, "ip", "pton");
        const text = apply(packed, "ip", "ntop");
        assert.equal(apply(text, "ip", "pton"), packed);
      }),
    );
  });
});

test("s.escape.user and s.escape.param leave only what may stand there (RFC 3261 §25.1)", () => {
  fc.assert(
    fc.property(bytes, (text) => assert.match(String(apply(text, "s", "escape.user")), /^([A-Za-z0-9\-_.!~*'()&=+$,;?/]|%[0-9a-f]{2})*$/)),
  );
  fc.assert(
    fc.property(bytes, (text) => assert.match(String(apply(text, "s", "escape.param")), /^([A-Za-z0-9\-_.!~*'()[\]/:&+$]|%[0-9a-f]{2})*$/)),
  );
});

test("s.substr agrees with a model that drops characters one by one", () => {
  const model = (text: string, offset: number, length: number): string | undefined => {
    const all = [...text];
    const from = offset < 0 ? all.length + offset : offset;
    if (from < 0 || (from > 0 && from >= all.length)) return undefined;
    const rest = all.filter((_, i) => i >= from);
    if (length > 0) return rest.filter((_, i) => i < length).join("");
    if (rest.length + length < 0) return undefined;
    for (let i = 0; i > length; i--) rest.pop();
    return rest.join("");
  };
  const number = fc.integer({ min: -12, max: 12 });
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii", maxLength: 10 }), number, number, (text, offset, length) =>
      assert.equal(piece(text, offset, length), model(text, offset, length)),
    ),
  );
});

test("s.select finds the fields that splitting gives, from both ends", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 3 }), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: -8, max: 8 }),
      (fields, index) => {
        assert.equal(apply(fields.join(";"), "s", "select", String(index), ";"), fields.at(index) ?? null);
      },
    ),
  );
});

test("csv fields that were written by RFC 4180 are read back", () => {
  const write = (field: string): string => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom("a", '"', ",", " ", "\n"), maxLength: 6 }), { minLength: 1, maxLength: 5 }),
      (fields) => {
        assert.deepEqual(fieldsOf(fields.map(write).join(",")), fields);
      },
    ),
  );
});

test("parameters that were written are read back", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "b", "-"), minLength: 1, maxLength: 4 });
  const value = fc.option(fc.string({ unit: fc.constantFrom("x", "y", "="), maxLength: 4 }), { nil: undefined });
  fc.assert(
    fc.property(fc.array(fc.record({ name, value }, { noNullPrototype: true }), { maxLength: 5 }), (params) => {
      const text = params.map((one) => (one.value === undefined ? one.name : `${one.name}=${one.value}`)).join(" ; ");
      assert.deepEqual(paramsOf(text), params);
    }),
  );
});

test("no transformation throws, whatever text comes", () => {
  const text = fc.oneof(
    bytes,
    fc.string({ unit: fc.constantFrom("<", ">", '"', ";", "=", ",", "@", ":", "a", "1", "%", "\\", "/", " ", "[", "]"), maxLength: 40 }),
  );
  const all = transformations
    .filter((one) => one.name !== "eval" && !one.name.startsWith("sha") && one.name !== "md5")
    .map((one) =>
      bound(
        one.class,
        one.name,
        ...(one.class === "re" ? ["/a(b*)/\\1/g"] : one.name === "matches" ? ["10.0.0.0/8"] : ["1", "1"].slice(0, one.least)),
      ),
    );
  fc.assert(
    fc.property(text, (value) => {
      for (const change of all) change(value, run);
    }),
  );
});

test("a part written into the Request-URI is what the new URI says, and nothing else has changed", () => {
  const token = fc.string({ unit: fc.constantFrom("a", "b", "1", "-", "."), minLength: 1, maxLength: 6 }).map((text) => `x${text}x`);
  const uri = fc
    .record({
      user: fc.option(token),
      password: fc.option(token),
      host: fc.oneof(token, fc.constant("[2001:db8::1]"), fc.constant("10.0.0.1")),
      port: fc.option(fc.integer({ min: 1, max: 65535 })),
      rest: fc.constantFrom("", ";x=y", ";lr;transport=tcp", ";a=b:c"),
    })
    .map(
      ({ user, password, host, port, rest }) =>
        `sip:${user === null ? "" : `${user}${password === null ? "" : `:${password}`}@`}${host}${port === null ? "" : `:${port}`}${rest}`,
    );
  const bench = new Bench();
  const parts = (text: string): Record<string, unknown> => {
    const parsed = parseUri(text);
    assert.ok(parsed.ok, text);
    const { user, host, port, paramText } = parsed.value;
    return { user, host, port, paramText };
  };
  const definitions = new Map(["rU", "rd", "rp"].map((name) => [name, bench.accessor(name)]));
  fc.assert(
    fc.property(
      uri,
      fc.oneof(
        token.map((value) => ["rU", "user", value] as const),
        token.map((value) => ["rd", "host", value] as const),
        fc.integer({ min: 1, max: 65535 }).map((value) => ["rp", "port", value] as const),
      ),
      (text, [variable, part, value]) => {
        const { request } = bench;
        assert.ok(request !== undefined);
        request.requestUri = text;
        assert.equal(definitions.get(variable)?.write?.(bench.run, value, false), true);
        assert.deepEqual(parts(request.requestUri), { ...parts(text), [part]: value });
        assert.equal(definitions.get(variable)?.read(bench.run), value);
      },
    ),
  );
});

test("documents that were printed are read back, in each style", () => {
  const value: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constant(null),
      fc.boolean(),
      fc.integer(),
      bytes,
      fc.array(tie("value"), { maxLength: 4 }),
      fc.array(fc.tuple(bytes, tie("value")), { maxLength: 4 }).map((entries) => new Map(entries)),
    ),
  })).value;
  fc.assert(
    fc.property(value, fc.constantFrom("spaced", "compact", "pretty"), fc.boolean(), (document, style, escapesSlash) => {
      const parsed = parseJson(printJson(document, style, escapesSlash));
      assert.ok(parsed.ok);
      assert.deepEqual(parsed.value, document);
    }),
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Format, SourceFile, Variable } from "./ast.ts";
import { parseFormat, parseVariable } from "./format.ts";
import { positionOf } from "./positions.ts";

function fileOf(text: string): SourceFile {
  return { path: "m", text, includedAt: undefined };
}

function read(text: string): Variable {
  const { variable, problems } = parseVariable(text, { file: fileOf(text), start: 0, end: text.length });
  assert.deepEqual(problems, [], text);
  assert.ok(variable, text);
  return variable;
}

function wrong(text: string): string {
  const { variable, problems } = parseVariable(text, { file: fileOf(text), start: 0, end: text.length });
  assert.equal(variable, undefined, text);
  return `${problems[0]?.message} (${problems[0]?.hint})`;
}

/** Texts stay, variables become their texts in angles. */
const shown = (format: Format | undefined): readonly string[] | undefined =>
  format?.map((part) => (typeof part === "string" ? part : `<${part.text}>`));

function format(text: string, isLoose = false): readonly string[] | undefined {
  const { format, problems } = parseFormat(text, { file: fileOf(`"${text}"`), start: 0, end: text.length + 2 }, { isLoose });
  assert.deepEqual(problems, [], text);
  return shown(format);
}

test("a plain name may have dots, and something in parentheses, trimmed", () => {
  assert.equal(read("$ru").name, "ru");
  assert.equal(read("$ct.fields(uri)").name, "ct.fields");
  assert.deepEqual(read("$var( x )").inner, ["x"]);
  assert.deepEqual(read("$time(%Y-%m-%d %H:%M:%S)").inner, ["%Y-%m-%d %H:%M:%S"]);
  assert.deepEqual(read("$var(dlg_n\no)").inner, ["dlg_n\no"]);
  assert.deepEqual(read("$avp(2)").inner, ["2"]);
  assert.equal(read("$ru").inner, undefined);
});

test("names inside may be variables themselves", () => {
  assert.deepEqual(shown(read("$avp($var(n))").inner), ["<$var(n)>"]);
  assert.deepEqual(shown(read("$json(obj/$var(k)/b[1])").inner), ["obj/", "<$var(k)>", "/b[1]"]);
  assert.deepEqual(shown(read("$(avp($(var(n){s.int})))").inner), ["<$(var(n){s.int})>"]);
});

test("an index is a number, negative from the end, all, append, or a variable", () => {
  assert.equal(read("$(avp(l)[2])").index, 2);
  assert.equal(read("$(avp(l)[-1])").index, -1);
  assert.equal(read("$(ct[*])").index, "*");
  assert.equal(read("$(avp(l)[append])").index, "append");
  const { index } = read("$(avp(l)[$var(i)])");
  assert.ok(typeof index === "object" && index.text === "$var(i)");
  assert.match(wrong("$(avp(l)[x])"), /an index is/);
  assert.match(wrong("$(avp(l)[])"), /an index is/);
});

test("a context is request, reply or branch", () => {
  assert.equal(read("$(<reply>challenge.realm)").context, "reply");
  assert.equal(read("$(<request>ru)").name, "ru");
  assert.match(wrong("$(<other>ru)"), /a context is/);
});

test("transformations: class and name without case, parameters with variables", () => {
  const { transformations } = read("$(var(a){S.Fill.LEFT,ab,$var(n)}{uri.user})");
  assert.deepEqual(
    transformations.map((one) => [one.class, one.name, one.parameters.map(shown)]),
    [
      ["s", "fill.left", [["ab"], ["<$var(n)>"]]],
      ["uri", "user", []],
    ],
  );
});

test("the separator of a select is all that is left, be it a blank or a comma", () => {
  assert.deepEqual(read("$(var(a){s.select,1, })").transformations[0]?.parameters, [["1"], [" "]]);
  assert.deepEqual(read("$(var(a){s.select,-1,,})").transformations[0]?.parameters, [["-1"], [","]]);
  assert.deepEqual(read("$(var(a){s.select,1,)})").transformations[0]?.parameters, [["1"], [")"]]);
});

test("a substitution is one parameter, with its commas, braces and dollars", () => {
  assert.deepEqual(read("$(ru{re.subst,/^a{1,2}$/\\1,x/g})").transformations[0]?.parameters, [["/^a{1,2}$/\\1,x/g"]]);
  assert.deepEqual(read("$(ru{re.subst,/x/$fU/})").transformations[0]?.parameters.map(shown), [["/x/", "<$fU>", "/"]]);
});

test("what is wrong with a variable is said", () => {
  assert.equal(wrong("$"), "unknown script variable (a '$' alone is written $$)");
  assert.equal(wrong("$var(x"), "unknown script variable (a ')' is missing after $var(x)");
  assert.equal(wrong("$()"), "unknown script variable (a name is expected after '$(')");
  assert.equal(wrong("$(var(x) y)"), "unknown script variable (' ' is not expected after $(var(x))");
  assert.equal(wrong("$(var(x){int})"), "unknown transformation: {int} (a transformation is {class.name} or {class.name,parameters})");
  assert.match(wrong(`$var(${"$var(".repeat(40)}x${")".repeat(41)}`), /at most 16 deep/);
});

test("a format is text and variables, and $$ is a dollar", () => {
  assert.deepEqual(format("from $fU to $(ru{uri.user}), $$5\n"), ["from ", "<$fU>", " to ", "<$(ru{uri.user})>", ", $5\n"]);
  assert.deepEqual(format("call $(ci)."), ["call ", "<$(ci)>", "."]);
  assert.deepEqual(format(""), []);
  assert.deepEqual(format("$ru"), ["<$ru>"]);
});

test("a dot belongs to the name before it: $ci. is the variable `ci.`", () => {
  assert.deepEqual(format("call $ci. ended"), ["call ", "<$ci.>", " ended"]);
});

test("a lone or escaped dollar is an unknown variable, unless the text is no format", () => {
  const { problems } = parseFormat("a \\$ x", { file: fileOf(""), start: 0, end: 0 });
  assert.equal(problems[0]?.message, "unknown script var $, maybe a 'loadmodule' statement is missing?");
  assert.deepEqual(format("^[0-9]+$|x$", true), ["^[0-9]+$|x$"]);
});

test("what is found in a string is placed there, escapes and folding notwithstanding", () => {
  const text = 'xlog("a\\t\\x41 $ru" "b $(var(x) c");';
  const file = fileOf(text);
  const { format, problems } = parseFormat("a\tA $rub $(var(x) c", { file, start: 5, end: text.length - 2 });
  assert.equal(format.length, 3);
  const span = (format[1] as Variable).span;
  // the folded text makes one variable of two pieces
  assert.equal(text.slice(span.start, span.end), '$ru" "b');
  const fault = problems[0]?.span;
  assert.ok(fault);
  assert.equal(text.slice(fault.start, fault.end), "$(var(x");
  assert.equal(positionOf(fault).column, text.indexOf("$(var") + 1);
});

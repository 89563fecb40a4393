import assert from "node:assert/strict";
import { test } from "node:test";
import { Lexer, type Token } from "./lexer.ts";

function lex(text: string): { tokens: Token[]; faults: string[] } {
  const faults: string[] = [];
  const lexer = new Lexer(text, (_start, _end, message) => faults.push(message));
  const tokens: Token[] = [];
  for (let token = lexer.next(); token.kind !== "end"; token = lexer.next()) tokens.push(token);
  return { tokens, faults };
}

const texts = (text: string): string[] => lex(text).tokens.map((token) => token.text);
const kinds = (text: string): string[] => lex(text).tokens.map((token) => token.kind);
const value = (text: string): string | undefined => lex(text).tokens[0]?.text;
const number = (text: string): number | undefined => lex(text).tokens[0]?.number;

test("comments: '#' to the end of the line, and '/* */', which nest", () => {
  assert.deepEqual(texts("a # b\nc #! d"), ["a", "c"]);
  assert.deepEqual(texts("a /* b /* c */ d */ e"), ["a", "e"]);
  assert.deepEqual(lex("a /* b /* c */").faults, ["unexpected EOF: 1 comments open"]);
});

test("'//' is no comment, and the rest of its line is not read", () => {
  const { tokens, faults } = lex("a // b\nc");
  assert.deepEqual(faults, ["'//' is not a comment; use '#' or '/* */'"]);
  assert.deepEqual(
    tokens.map((token) => token.text),
    ["a", "c"],
  );
});

test("escapes of double quotes: known ones are done, other pairs keep their backslash", () => {
  assert.equal(value(String.raw`"tab\there \x41\101 \q \\ end"`), "tab\there AA \\q \\ end");
  assert.equal(value(String.raw`"\+ \1 \$ \8"`), "\\+ \\1 \\$ \\8");
  assert.equal(value(String.raw`"\n\r\a\t\"\x7\12"`), '\n\r\x07\t"\x07\n');
  assert.equal(value('"a\\\nb"'), "ab");
  assert.equal(value('"a\nb"'), "a\nb");
});

test("single quotes are raw", () => {
  assert.equal(value(String.raw`'\n "x"'`), '\\n "x"');
  assert.equal(value("'a\nb'"), "a\nb");
});

test("bytes beyond ASCII stand in strings and comments", () => {
  assert.equal(value('"\xc3\xa9"'), "\xc3\xa9");
  assert.deepEqual(texts("# \xc3\xa9\na"), ["a"]);
  assert.deepEqual(kinds("\xc3"), ["junk"]);
});

test("numbers are decimal, hexadecimal or octal and wrap at 32 bits; there are no fractions", () => {
  assert.equal(number("4294967295"), -1);
  assert.equal(number("2147483648"), -2147483648);
  assert.equal(number("0x1F"), 31);
  assert.equal(number("010"), 8);
  assert.equal(number("0"), 0);
  assert.deepEqual(kinds("08 1.5 1.2.3.4"), ["junk", "junk", "junk"]);
  assert.deepEqual(kinds("-5"), ["-", "number"]);
});

test("an identifier has no leading underscore, no dash and no dot", () => {
  assert.deepEqual(texts("_foo a_b1 a-b"), ["foo", "a_b1", "a", "-", "b"]);
});

test("a backslash before a line end is nothing", () => {
  assert.deepEqual(texts("a \\\n b \\\r\n c"), ["a", "b", "c"]);
});

test("a variable ends where its name ends, or with its parenthesis", () => {
  assert.deepEqual(texts("$ru==1"), ["$ru", "==", "1"]);
  assert.deepEqual(texts("$var(x)+$avp(y);"), ["$var(x)", "+", "$avp(y)", ";"]);
  assert.deepEqual(texts("$(avp(x)[$var(i)])!=NULL"), ["$(avp(x)[$var(i)])", "!=", "NULL"]);
  assert.deepEqual(texts("$(var(a){s.select,1,)})"), ["$(var(a){s.select,1,)})"]);
  assert.deepEqual(texts("$var(dlg_n\no)"), ["$var(dlg_n\no)"]);
  assert.deepEqual(texts("$ct.fields(uri))"), ["$ct.fields(uri)", ")"]);
});

test("a variable that is not closed takes no more than its name", () => {
  assert.deepEqual(texts("$var(x;\nexit;"), ["$var(x", ";", "exit", ";"]);
});

test("operators are as long as they can be; there is no <<=", () => {
  assert.deepEqual(kinds("= := += -= *= /= %= &= |= ^="), ["=", ":=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="]);
  assert.deepEqual(kinds("== != <= >= =~ !~ && || << >> ! ~ < >"), [
    "==",
    "!=",
    "<=",
    ">=",
    "=~",
    "!~",
    "&&",
    "||",
    "<<",
    ">>",
    "!",
    "~",
    "<",
    ">",
  ]);
  assert.deepEqual(kinds("<<="), ["<<", "="]);
});

test("a string without an end is said so, and the next line is read", () => {
  const { tokens, faults } = lex('a "b\nc');
  assert.deepEqual(faults, ["unexpected EOF in unclosed string"]);
  assert.deepEqual(
    tokens.map((token) => token.text),
    ["a", "", "c"],
  );
});

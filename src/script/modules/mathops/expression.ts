// Arithmetic with fractions: expressions in the usual notation and in reverse Polish notation.
import { numberEnd, readNumber } from "./numbers.ts";

const FUNCTIONS: Readonly<Record<string, (x: number) => number>> = {
  abs: Math.abs,
  acos: Math.acos,
  asin: Math.asin,
  atan: Math.atan,
  ceil: Math.ceil,
  cos: Math.cos,
  cosh: Math.cosh,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log: Math.log10,
  log10: Math.log10,
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
};
const CONSTANTS: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E };
const OPERATORS: Readonly<Record<string, { readonly strength: number; readonly apply: (a: number, b: number) => number }>> = {
  "+": { strength: 1, apply: (a, b) => a + b },
  "-": { strength: 1, apply: (a, b) => a - b },
  "*": { strength: 2, apply: (a, b) => a * b },
  "/": { strength: 2, apply: (a, b) => a / b },
  "%": { strength: 2, apply: (a, b) => a % b },
  "^": { strength: 3, apply: (a, b) => a ** b },
};
/** Deeper nesting is refused: a text must not be able to exhaust the stack. */
const MAX_DEPTH = 200;

/**
 * Computes an expression: `+ - * / % ^` (all from left to right, `^` too), signs, parentheses, the functions of C's mathematics.
 * @returns undefined when it does not read, or its value is no finite number
 */
export function evaluate(text: string): number | undefined {
  const reader = new Reader(text);
  const value = reader.sum(0, 0);
  return reader.isDone && Number.isFinite(value) ? value : undefined;
}

// Problems make NaN, which no operator turns into a number again; `^ 0` would, hence the flag.
class Reader {
  readonly #text: string;
  #at = 0;
  #isBroken = false;

  constructor(text: string) {
    this.#text = text;
  }

  get isDone(): boolean {
    this.#skip();
    return !this.#isBroken && this.#at === this.#text.length;
  }

  /** Everything that binds at least so strongly. */
  sum(strength: number, depth: number): number {
    if (depth > MAX_DEPTH) return this.#break();
    let left = this.#operand(depth);
    for (;;) {
      this.#skip();
      const operator = OPERATORS[this.#text.charAt(this.#at)];
      if (this.#isBroken || operator === undefined || operator.strength <= strength) return left;
      this.#at++;
      left = operator.apply(left, this.sum(operator.strength, depth + 1));
    }
  }

  #operand(depth: number): number {
    this.#skip();
    let sign = 1;
    while (this.#text.charAt(this.#at) === "-" || this.#text.charAt(this.#at) === "+") {
      if (this.#text.charAt(this.#at) === "-") sign = -sign;
      this.#at++;
      this.#skip();
    }
    const from = this.#at;
    if (this.#text.charAt(from) === "(") return sign * this.#group(depth);
    const end = numberEnd(this.#text, from, false);
    if (end > 0) {
      this.#at = end;
      return sign * Number(this.#text.slice(from, end));
    }
    while (isWordChar(this.#text.charCodeAt(this.#at))) this.#at++;
    const name = this.#text.slice(from, this.#at).toLowerCase();
    const apply = own(FUNCTIONS, name);
    if (apply === undefined) return sign * (own(CONSTANTS, name) ?? this.#break());
    this.#skip();
    // a function takes what stands behind it, in parentheses or not
    return sign * apply(this.#text.charAt(this.#at) === "(" ? this.#group(depth) : this.#nested(depth));
  }

  #nested(depth: number): number {
    return depth > MAX_DEPTH ? this.#break() : this.#operand(depth + 1);
  }

  #group(depth: number): number {
    this.#at++;
    const value = this.sum(0, depth + 1);
    this.#skip();
    if (this.#text.charAt(this.#at) !== ")") return this.#break();
    this.#at++;
    return value;
  }

  #skip(): void {
    while (this.#text.charCodeAt(this.#at) <= 32) this.#at++;
  }

  #break(): number {
    this.#isBroken = true;
    return Number.NaN;
  }
}

const RPN_BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  mod: (a, b) => a % b,
  pow: (a, b) => a ** b,
};
const RPN_UNARY: Readonly<Record<string, (x: number) => number>> = {
  neg: (x) => -x,
  exp: Math.exp,
  ln: Math.log,
  log10: Math.log10,
  abs: Math.abs,
  sqrt: Math.sqrt,
  cbrt: Math.cbrt,
  floor: Math.floor,
  ceil: Math.ceil,
  round: (x) => (x < 0 ? -Math.round(-x) : Math.round(x)),
  nearbyint: halfToEven,
  trunc: Math.trunc,
};
const MAX_STACK = 1000;

/**
 * Computes words in reverse Polish notation on a stack.
 * @returns the top of the stack at the end; undefined for an unknown word, a stack that is too short or too long, and what is not finite
 */
export function evaluateRpn(text: string): number | undefined {
  const stack: number[] = [];
  for (const word of text.split(" ")) {
    if (word === "") continue;
    if (!step(stack, word.toLowerCase()) || stack.length > MAX_STACK) return undefined;
  }
  const top = stack.pop();
  return top !== undefined && Number.isFinite(top) ? top : undefined;
}

function step(stack: number[], word: string): boolean {
  const number = readNumber(word) ?? own(CONSTANTS, word);
  if (number !== undefined) {
    stack.push(number);
    return true;
  }
  const top = stack.pop();
  if (top === undefined) return false;
  const unary = own(RPN_UNARY, word);
  if (unary !== undefined) {
    stack.push(unary(top));
    return true;
  }
  if (word === "drop") return true;
  if (word === "dup") {
    stack.push(top, top);
    return true;
  }
  const below = stack.pop();
  if (below === undefined) return false;
  const binary = own(RPN_BINARY, word);
  if (binary !== undefined) stack.push(binary(below, top));
  else if (word === "swap") stack.push(top, below);
  else return false;
  return true;
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function halfToEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

function isWordChar(code: number): boolean {
  return (code >= 48 && code <= 57) || ((code | 32) >= 97 && (code | 32) <= 122);
}

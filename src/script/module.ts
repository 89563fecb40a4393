// What a module is to the script: a table of parameters, functions and variables. A module is made anew for each script; nothing here
// touches the engine before `attach`, so that checking a script needs none.
import type { Span } from "./language/ast.ts";
import type { ScriptServices } from "./ports.ts";
import type { RouteKind } from "./routes.ts";
import type { Run } from "./run.ts";
import type { Value } from "./values.ts";

/**
 * Type of a function's parameter (script-language 5.8): `text` a format or a variable; `static` text without variables; `raw` text whose
 * `$` are left alone; `int` a number or a variable; `variable` exactly one variable; `output` one that can be written; `regex`;
 * `value` a format, number or variable with its type kept (where the reference changed the type between versions); `flags` a text or a number.
 */
export type ParameterType = "text" | "static" | "raw" | "int" | "variable" | "output" | "regex" | "value" | "flags";

/** One parameter of a function. */
export interface FunctionParameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly isOptional: boolean;
}

/** What a function gives back: > 0 true, < 0 false, 0 stops the script. A promise suspends the route. */
export type Outcome = number | Promise<number>;

/** A bound call. */
export type Action = (run: Run) => Outcome;

/** A variable or an argument as the module sees it. */
export interface Accessor {
  read(run: Run): Value;
  /** @returns false when it failed; a reason has been logged */
  write?: ((run: Run, value: Value, isReplacing: boolean) => boolean) | undefined;
  /** Every value, for `[*]` and `for`. */
  all?: ((run: Run) => readonly Value[]) | undefined;
}

/** Where problems of a call or a variable are put at load time. */
export interface Site {
  readonly span: Span;
  /** Adds a located error. `index` is the argument concerned, −1 the whole. */
  fault(index: number, message: string, hint?: string): void;
  /** Adds a located warning. */
  warn(index: number, message: string): void;
}

/** One call in a script, types checked, being bound at load time. Getters that return undefined at run time have logged why. */
export interface BoundCall extends Site {
  readonly name: string;
  /** Kind of the enclosing block. */
  readonly route: RouteKind;
  /** Whether argument `i` is there and not omitted. */
  has(i: number): boolean;
  /** Text of argument `i` when it is known at load time (no variables in it); undefined otherwise. */
  literal(i: number): string | undefined;
  /** Text: formats expanded. Undefined when omitted, or when a variable has no text form. */
  text(i: number): (run: Run) => string | undefined;
  int(i: number): (run: Run) => number | undefined;
  /** With its type kept; null when omitted or NULL. */
  value(i: number): (run: Run) => Value;
  variable(i: number): Accessor;
  /** Compiled at load when literal. Undefined when the text is no expression. POSIX extended, ignoring case. */
  regex(i: number): (run: Run) => RegExp | undefined;
  /**
   * Complete header lines. Line ends may come from the script's own text only: a variable that brings CR, LF or NUL is refused with an
   * ERROR line, but for one line end at the very end of the whole.
   */
  headerText(i: number): (run: Run) => string | undefined;
  /** Binds a format that stands inside an argument: the replacement of `subst`. A fault in it is located at argument `i`. */
  format(i: number, text: string): (run: Run) => string;
  /** Binds a variable that stands inside an argument (`$avp(x)`); undefined when the text is not exactly one, which is a fault. */
  lookup(i: number, text: string): Accessor | undefined;
  /** Checks that a route exists (once the whole script is read) when its name is literal. */
  needsRoute(i: number, kind: "request" | "failure" | "onreply" | "branch"): void;
}

/** A function a script may call. */
export interface FunctionDefinition {
  readonly name: string;
  readonly parameters: readonly FunctionParameter[];
  /** Where it may be called: bits of `Routes`. */
  readonly routes: number;
  /** May stand in `async()` and `launch()`. */
  readonly isAsync?: boolean;
  /** Whether a script that ignores its result probably has a mistake in it: for the linter. */
  readonly resultMatters?: boolean;
  bind(call: BoundCall): Action;
}

/** One reference to a variable, being bound at load time. */
export interface BoundVariable extends Site {
  readonly name: string;
  /** What stands in the parentheses: static text, or how to get it; undefined without parentheses. */
  readonly inner: string | ((run: Run) => string | undefined) | undefined;
  /** Undefined without index. */
  readonly index: number | "*" | "append" | ((run: Run) => number | undefined) | undefined;
  readonly context: "request" | "reply" | "branch" | undefined;
}

/** A variable of the language. */
export interface VariableDefinition {
  /** `ru`; several names for one thing are several rows. */
  readonly name: string;
  /** Whether `(…)` must, may or must not follow. */
  readonly inner: "required" | "optional" | "none";
  readonly isWritable: boolean;
  /** A wrong `inner` is a fault. */
  bind(reference: BoundVariable): Accessor;
}

/** A `modparam`. */
export interface ModuleParameter {
  readonly name: string;
  readonly type: "int" | "string" | "any";
  /**
   * Takes a value at load time; called for each modparam, so that repeated ones can accumulate.
   * @returns what is wrong with it, or undefined
   */
  set(value: string | number, site: Site): string | undefined;
}

/** What a module needs to be loaded beside it; the text is the reference's error. */
export interface Dependency {
  /** Any one of these modules. */
  readonly oneOf: readonly string[];
  readonly message: string;
}

/** Names for the 32 flags of a call. */
export interface FlagNaming {
  /** Whether the script has named any. */
  readonly isUsed: boolean;
  /** Parted by blanks; the number stands for a flag without a name. */
  namesOf(flags: number): string;
  /** Names that the script does not have, and are no number from 0 to 31, are left out. */
  flagsOf(names: string): number;
}

/** One module, made for one script. */
export interface ScriptModule {
  readonly name: string;
  readonly parameters: readonly ModuleParameter[];
  readonly functions: readonly FunctionDefinition[];
  readonly variables: readonly VariableDefinition[];
  /** Asked once all modparams are read. */
  dependencies?(): readonly Dependency[];
  /** Once all modparams are read: errors that no single modparam shows. */
  check?(): readonly string[];
  /** Once all modparams are read: what the author should know and what keeps nothing from starting. */
  warnings?(): readonly string[];
  /** Once all modparams are read: settings that need a backend which is not there yet. They keep a script from starting, not from being checked. */
  needs?(): readonly string[];
  /** Said once where the module is loaded: that its backend comes later, say. */
  readonly notice?: string;
  /** Options of the engine that follow from the modparams, by their names in `DialoomOptions`. */
  options?(): Readonly<Record<string, unknown>>;
  /** Values that `$var`s have at the beginning of each block (`varset`), once all modparams are read. */
  seeds?(): ReadonlyMap<string, Value>;
  /** Asked once all modparams are read: named reply routes see the AVPs of their transaction (tm's `onreply_avp_mode`). */
  sharesReplyAvps?(): boolean;
  /** Branches with this flag are not waited for when all others are final (tm's `minor_branch_flag`); "" for none. */
  minorBranchFlag?(): string;
  /** Names that the script has given to flags of calls: they stand in tables. */
  readonly flagNaming?: FlagNaming;
  /** Names of the routes of our own that this module runs (`event_route` names it raises, say). */
  readonly events?: readonly string[];
  /** Before traffic, once: the engine is there. */
  attach?(services: ScriptServices): void;
  /** At the end. */
  detach?(): void | Promise<void>;
}

/** Makes a module; one function in each file of `modules/`. */
export type ModuleFactory = () => ScriptModule;

// ── small makers, so that a module's table reads as a table ──────────────────────────────────────────────────────────

/** A mandatory parameter of a function. */
export function must(name: string, type: ParameterType): FunctionParameter {
  return { name, type, isOptional: false };
}

/** An optional one. */
export function may(name: string, type: ParameterType): FunctionParameter {
  return { name, type, isOptional: true };
}

/** A modparam that holds a whole number. */
export class IntParameter implements ModuleParameter {
  readonly name: string;
  readonly type = "int";
  value: number;
  isSet = false;
  readonly #least: number;
  readonly #most: number;

  constructor(name: string, initial: number, least = -2147483648, most = 2147483647) {
    this.name = name;
    this.value = initial;
    this.#least = least;
    this.#most = most;
  }
  set(value: string | number): string | undefined {
    if (typeof value !== "number") return "number expected";
    if (value < this.#least || value > this.#most) return `must be ${this.#least} to ${this.#most}`;
    this.value = value;
    this.isSet = true;
    return undefined;
  }
}

/** A modparam that holds a text. */
export class TextParameter implements ModuleParameter {
  readonly name: string;
  readonly type = "string";
  value: string;
  isSet = false;

  constructor(name: string, initial = "") {
    this.name = name;
    this.value = initial;
  }
  set(value: string | number): string | undefined {
    if (typeof value !== "string") return "string expected";
    this.value = value;
    this.isSet = true;
    return undefined;
  }
}

/** A modparam that may be given several times. */
export class ListParameter implements ModuleParameter {
  readonly name: string;
  readonly type = "string";
  readonly values: string[] = [];
  readonly #check: ((text: string) => string | undefined) | undefined;

  constructor(name: string, check?: (text: string) => string | undefined) {
    this.name = name;
    this.#check = check;
  }
  set(value: string | number): string | undefined {
    if (typeof value !== "string") return "string expected";
    const problem = this.#check?.(value);
    if (problem === undefined) this.values.push(value);
    return problem;
  }
}

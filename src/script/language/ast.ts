// The tree of a script: what the parser makes and the printer writes. It knows no modules, functions or variables by name.

/** One file as it was read. */
export interface SourceFile {
  /** As the command line or the include wrote it. */
  readonly path: string;
  /** One character for each byte. */
  readonly text: string;
  /** Where it was included; undefined for the main file. */
  readonly includedAt: Span | undefined;
  /** Offsets at which its lines begin, made when the file is read; without it they are counted anew each time. */
  readonly lineStarts?: readonly number[];
}

/** A piece of a file: offsets into its text, the end exclusive. */
export interface Span {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
}

interface Node {
  readonly span: Span;
}

// ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A quoted string with its escapes done. `value` may be a format, depending on where it stands. Adjacent strings are folded into one. */
export interface StringLiteral extends Node {
  readonly kind: "string";
  readonly value: string;
  readonly quote: '"' | "'";
}

/** A 32-bit number; boolean words are numbers. `text` is as written. */
export interface NumberLiteral extends Node {
  readonly kind: "number";
  readonly value: number;
  readonly text: string;
}

/** `null` or `NULL`. */
export interface NullLiteral extends Node {
  readonly kind: "null";
}

/** A word that stands where a value is expected: a log facility, a flag name, a host. */
export interface Word extends Node {
  readonly kind: "word";
  readonly text: string;
}

/** An address or network on the right of a comparison. `bits` is −1 for a single address. */
export interface AddressLiteral extends Node {
  readonly kind: "address";
  readonly address: string;
  readonly bits: number;
}

/** A format: text with variables in it. `"a$(var(x))b"` is `["a", Variable, "b"]`. No empty strings. */
export type Format = readonly (string | Variable)[];

/** `{class.name,p1,p2}`. */
export interface Transformation extends Node {
  /** Lower case. */
  readonly class: string;
  /** Lower case; may have dots in it: `fill.left`. */
  readonly name: string;
  /** `{re.subst,…}` has its whole expression as one parameter. */
  readonly parameters: readonly Format[];
}

/** `$name`, `$name(inner)`, `$(<context>name(inner)[index]{tr}{tr})`. */
export interface Variable extends Node {
  readonly kind: "variable";
  /** As written, with the `$`. */
  readonly text: string;
  /** `avp`, `ru`, `ct.fields`. */
  readonly name: string;
  /** What stands between the parentheses, trimmed; undefined when there are none. Static when it holds one string. */
  readonly inner: Format | undefined;
  readonly index: number | "*" | "append" | Variable | undefined;
  readonly context: "request" | "reply" | "branch" | undefined;
  readonly transformations: readonly Transformation[];
}

// ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** An argument of a call; `omitted` for an empty place between commas. */
export type Argument = StringLiteral | NumberLiteral | Variable | Omitted;

export interface Omitted extends Node {
  readonly kind: "omitted";
}

/** A call of a function. */
export interface Call extends Node {
  readonly kind: "call";
  readonly name: string;
  readonly nameSpan: Span;
  readonly arguments: readonly Argument[];
}

/** `route(name, …)`: strings among the arguments are literal; the name may be a format or a variable. */
export interface RouteCall extends Node {
  readonly kind: "routeCall";
  readonly target: StringLiteral | Variable | Word | NumberLiteral;
  readonly arguments: readonly (StringLiteral | NumberLiteral | NullLiteral | Variable)[];
}

export type BinaryOperator = "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" | "<<" | ">>";
export type CompareOperator = "==" | "!=" | "<" | ">" | "<=" | ">=" | "=~" | "!~";
export type AssignOperator = "=" | ":=" | "+=" | "-=" | "*=" | "/=" | "%=" | "&=" | "|=" | "^=";

/** What stands right of an assignment and between `[` and `]`. */
export type Expression =
  | StringLiteral
  | NumberLiteral
  | NullLiteral
  | Variable
  | Call
  | RouteCall
  | {
      readonly kind: "binary";
      readonly span: Span;
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: "complement"; readonly span: Span; readonly operand: Expression }
  | { readonly kind: "group"; readonly span: Span; readonly inner: Expression }
  | Comparison;

/** The left side is always a variable. */
export interface Comparison extends Node {
  readonly kind: "comparison";
  readonly operator: CompareOperator;
  readonly left: Variable;
  readonly right: Variable | StringLiteral | NumberLiteral | NullLiteral | AddressLiteral;
}

/** A condition. `&&` and `||` have one precedence and associate to the left. */
export type Condition =
  | { readonly kind: "and" | "or"; readonly span: Span; readonly left: Condition; readonly right: Condition }
  | { readonly kind: "not"; readonly span: Span; readonly operand: Condition }
  | { readonly kind: "group"; readonly span: Span; readonly inner: Condition }
  | { readonly kind: "arithmetic"; readonly span: Span; readonly inner: Expression }
  | Comparison
  | Variable
  | NumberLiteral
  | Command;

// ── statements ───────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Assignment extends Node {
  readonly kind: "assignment";
  readonly operator: AssignOperator;
  readonly target: Variable;
  readonly value: Expression;
}

/** What may stand as a statement or inside a condition. */
export type Command =
  | Call
  | RouteCall
  | Assignment
  | { readonly kind: "exit" | "drop" | "break"; readonly span: Span }
  | { readonly kind: "return"; readonly span: Span; readonly values: readonly (NumberLiteral | StringLiteral | NullLiteral | Variable)[] }
  /** `xdbg` has no level; `level` is a format. */
  | {
      readonly kind: "xlog";
      readonly span: Span;
      readonly name: "xlog" | "xdbg";
      readonly level: StringLiteral | undefined;
      readonly message: StringLiteral;
    }
  | { readonly kind: "log"; readonly span: Span; readonly level: NumberLiteral | undefined; readonly message: StringLiteral }
  | { readonly kind: "assert"; readonly span: Span; readonly condition: Condition; readonly message: StringLiteral | undefined }
  | {
      readonly kind: "async";
      readonly span: Span;
      readonly call: Call;
      readonly resume: RouteCall["target"];
      readonly timeout: NumberLiteral | undefined;
    }
  | {
      readonly kind: "launch";
      readonly span: Span;
      readonly call: Call;
      readonly resume: RouteCall["target"] | undefined;
      readonly parameter: StringLiteral | undefined;
    };

export type Statement =
  | Command
  | { readonly kind: "empty"; readonly span: Span }
  | {
      readonly kind: "if";
      readonly span: Span;
      readonly condition: Condition;
      readonly then: Body;
      readonly else: Body | undefined;
    }
  | { readonly kind: "while"; readonly span: Span; readonly condition: Condition; readonly body: Body }
  | { readonly kind: "for"; readonly span: Span; readonly iterator: Variable; readonly collection: Variable; readonly body: Body }
  | {
      readonly kind: "switch";
      readonly span: Span;
      readonly subject: Variable;
      readonly cases: readonly Case[];
      readonly default: Body | undefined;
    };

/** Statements in a row. `isBlock` tells `{ … }` from a single one. */
export interface Body extends Node {
  readonly isBlock: boolean;
  readonly statements: readonly Statement[];
}

export interface Case extends Node {
  readonly label: NumberLiteral | StringLiteral;
  readonly body: readonly Statement[];
}

// ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The blocks by their keyword. */
export type BlockKind =
  | "route"
  | "branch_route"
  | "failure_route"
  | "onreply_route"
  | "error_route"
  | "local_route"
  | "startup_route"
  | "timer_route"
  | "event_route";

export interface Block extends Node {
  readonly kind: "block";
  readonly block: BlockKind;
  readonly keywordSpan: Span;
  /** Undefined for the main route and other blocks without a name; the main route may also be called `0`. */
  readonly name: string | undefined;
  readonly nameSpan: Span | undefined;
  /** `timer_route[name, 10]`. */
  readonly seconds: number | undefined;
  /** `event_route[E_X, sync]`. */
  readonly mode: "sync" | "async" | undefined;
  readonly body: Body;
}

/** `socket=udp:127.0.0.1:5060 as example.com:5070 tag x`. */
export interface SocketValue extends Node {
  readonly kind: "socket";
  /** As written, quotes taken away. */
  readonly protocol: string;
  readonly host: string;
  /** 0 when none is given; each port of a range stands here. */
  readonly ports: readonly number[];
  readonly options: readonly { readonly name: string; readonly values: readonly string[]; readonly span: Span }[];
}

/** `alias=udp:example.com:5060 other.example`. */
export interface AliasValue extends Node {
  readonly kind: "aliases";
  readonly names: readonly { readonly text: string; readonly span: Span }[];
}

/** The blocks that are read and not used: scaling profiles, blacklists. */
export interface SkippedValue extends Node {
  readonly kind: "skipped";
  /** As written. */
  readonly text: string;
}

/** `name = value` outside of any block. A number may be followed by `use_auto_scaling_profile id`. */
export interface GlobalAssignment extends Node {
  readonly kind: "global";
  readonly name: string;
  readonly nameSpan: Span;
  readonly value: StringLiteral | NumberLiteral | Word | SocketValue | AliasValue | SkippedValue;
}

export interface LoadModule extends Node {
  readonly kind: "loadmodule";
  readonly path: StringLiteral;
}

export interface ModParam extends Node {
  readonly kind: "modparam";
  readonly module: StringLiteral;
  readonly parameter: StringLiteral;
  readonly value: StringLiteral | NumberLiteral;
}

export type TopLevel = GlobalAssignment | LoadModule | ModParam | Block;

/** A whole script, in the order of its text; included files stand where they were included. */
export interface ScriptTree {
  readonly main: SourceFile;
  readonly files: readonly SourceFile[];
  readonly items: readonly TopLevel[];
}

/** Something to tell the author. An `error` keeps the script from starting. */
export interface Problem {
  readonly severity: "error" | "warning" | "notice";
  readonly span: Span | undefined;
  /** The reference's words where it has some. */
  readonly message: string;
  /** What to do about it: "did you mean t_relay?", "is_method is provided by module sipmsgops". */
  readonly hint: string | undefined;
}

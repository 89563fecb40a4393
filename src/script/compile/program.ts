// From the tree of a script to what runs: every check that needs no engine, and the closures.
import type { Globals } from "../globals/globals.ts";
import { readGlobals } from "../globals/read.ts";
import type { Block, BlockKind, Problem, ScriptTree, Span } from "../language/ast.ts";
import { nearest } from "../language/index.ts";
import type { FlagNaming, Outcome, ScriptModule } from "../module.ts";
import type { ScriptServices } from "../ports.ts";
import type { RouteKind } from "../routes.ts";
import type { Run } from "../run.ts";
import type { Value } from "../values.ts";
import { Loader } from "./loading.ts";
import { Names } from "./names.ts";
import { Problems } from "./problems.ts";
import type { Registry } from "./registry.ts";
import { callNamed } from "./route-calls.ts";
import { Scope, type Shared, type Tracer } from "./scope.ts";
import { compileBlock } from "./statements.ts";
import { CompiledRoute, RouteTable } from "./table.ts";

/** How to compile. */
export interface CompileOptions {
  /** Told of each statement that runs and each variable that is written. It costs; for `dialoom run`. */
  readonly trace?: Tracer;
  /** The tree was read with errors: what is missing in it may be there in the text. */
  readonly hasSyntaxErrors?: boolean;
  /**
   * Compiles the blocks against the modules and settings of a running program (`reload_routes`): what the text loads and sets is checked
   * and not applied, and a module that does not run yet is an error.
   */
  readonly reuse?: Program;
}

/** A `timer_route`. */
export interface TimerRoute {
  readonly name: string;
  readonly route: CompiledRoute;
  readonly seconds: number;
}

/** An `event_route`. */
export interface EventRoute {
  /** The event. */
  readonly name: string;
  readonly route: CompiledRoute;
  readonly span: Span;
}

const KINDS: Readonly<Record<BlockKind, RouteKind>> = {
  route: "request",
  branch_route: "branch",
  failure_route: "failure",
  onreply_route: "onreply",
  error_route: "error",
  local_route: "local",
  startup_route: "startup",
  timer_route: "timer",
  event_route: "event",
};

/** A script, compiled. Made anew for each start: its modules hold its parameters. */
export class Program {
  readonly modules: readonly ScriptModule[];
  readonly globals: Globals;
  readonly timers: readonly TimerRoute[];
  readonly events: readonly EventRoute[];
  /** What `$var`s hold at the beginning of each block. */
  readonly seeds: ReadonlyMap<string, Value>;
  /** Named reply routes see the AVPs of their transaction (`onreply_avp_mode`). */
  readonly sharesReplyAvps: boolean;
  /** Branches with this flag are not waited for (`minor_branch_flag`); "" for none. */
  readonly minorBranchFlag: string;
  readonly #routes: RouteTable;
  readonly #functions: ReadonlySet<string>;

  /** @internal made by `compileScript` */
  constructor(parts: {
    readonly modules: readonly ScriptModule[];
    readonly globals: Globals;
    readonly timers: readonly TimerRoute[];
    readonly events: readonly EventRoute[];
    readonly routes: RouteTable;
  }) {
    this.modules = parts.modules;
    this.globals = parts.globals;
    this.timers = parts.timers;
    this.events = parts.events;
    this.#routes = parts.routes;
    this.#functions = new Set(parts.routes.all.flatMap((route) => route.calls.map((call) => call.name)));
    this.sharesReplyAvps = parts.modules.some((module) => module.sharesReplyAvps?.() === true);
    this.minorBranchFlag = parts.modules.map((module) => module.minorBranchFlag?.() ?? "").find((flag) => flag !== "") ?? "";
    this.seeds = new Map(parts.modules.flatMap((module) => [...(module.seeds?.() ?? [])]));
  }

  /** The options of the engine that the script asks for: global parameters, then modules. */
  options(): Record<string, unknown> {
    const options: Record<string, unknown> = { ...this.globals.options };
    for (const module of this.modules) Object.assign(options, module.options?.() ?? {});
    return options;
  }

  /** Settings that need a backend which is not there: the script may be checked, but not started. */
  needs(): readonly string[] {
    return this.modules.flatMap((module) => module.needs?.() ?? []);
  }

  /** Names that the script has given to flags of calls; undefined where no module knows any. */
  get flagNaming(): FlagNaming | undefined {
    return this.modules.find((module) => module.flagNaming !== undefined)?.flagNaming;
  }

  /** @param name - "" for the main request route and other blocks without a name */
  route(kind: RouteKind, name: string): CompiledRoute | undefined {
    return this.#routes.find(kind, name);
  }

  /** Names of the blocks of a kind. */
  routeNames(kind: RouteKind): readonly string[] {
    return this.#routes.names(kind);
  }

  /** Whether the script calls a function anywhere. */
  uses(functionName: string): boolean {
    return this.#functions.has(functionName);
  }

  /** Runs a sub-route in the middle of a block. @returns its value, 0 when the script ended in it, −1 when there is no such route */
  callRoute(name: string, run: Run, parameters: readonly Value[]): Outcome {
    return callNamed(this.#routes, name, run, parameters);
  }

  /** Hands the engine to the modules, in the order they were loaded. */
  attach(services: ScriptServices): void {
    for (const module of this.modules) module.attach?.(services);
  }

  /** Takes it away again, in the opposite order. */
  async detach(): Promise<void> {
    for (const module of this.modules.toReversed()) await module.detach?.();
  }
}

/**
 * Checks and compiles a script. A program with errors among its problems must not be run.
 * @returns up to 100 problems, in the order of the text
 */
export function compileScript(
  tree: ScriptTree,
  registry: Registry,
  options: CompileOptions = {},
): { readonly program: Program; readonly problems: readonly Problem[] } {
  const problems = new Problems();
  const { reuse } = options;
  const running = reuse === undefined ? undefined : new Map(reuse.modules.map((module) => [module.name, module]));
  const names = new Names(registry, running);
  const written = takeGlobals(tree, problems);
  const globals = reuse?.globals ?? written;
  // parameters may be set below the blocks that depend on them: first all modules, then all blocks
  new Loader(names, problems, tree, running).run();
  const shared: Shared = {
    names,
    problems,
    globals,
    routes: new RouteTable(),
    trace: options.trace,
    hasScriptTrace: tree.items.some((item) => item.span.file.text.includes("script_trace")),
    hasWarnedOfLength: false,
  };
  const compiler = new Compiler(shared);
  for (const [order, item] of tree.items.entries()) {
    if (item.kind === "block") compiler.block(item, order);
  }
  compiler.finish(options.hasSyntaxErrors === true);
  const { timers, events } = compiler;
  const program = new Program({ modules: names.modules.map(({ module }) => module), globals, timers, events, routes: shared.routes });
  return { program, problems: problems.list() };
}

function takeGlobals(tree: ScriptTree, problems: Problems): Globals {
  const assignments = tree.items.filter((item) => item.kind === "global");
  const read = readGlobals(assignments);
  for (const problem of read.problems) problems.take(problem);
  return read.settings;
}

/** The blocks of one script. */
class Compiler {
  readonly timers: TimerRoute[] = [];
  readonly events: EventRoute[] = [];
  readonly #shared: Shared;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  block(block: Block, order: number): void {
    const { problems, routes } = this.#shared;
    const kind = KINDS[block.block];
    const name = kind === "request" && block.name === "0" ? "" : (block.name ?? "");
    const place = block.nameSpan ?? block.keywordSpan;
    const route = new CompiledRoute(kind, name, block.span);
    if (kind !== "timer" && routes.find(kind, name) !== undefined) problems.error(place, redefined(kind, name));
    routes.add(route);
    if (kind === "timer") {
      if (block.seconds === undefined || block.seconds < 1) problems.error(place, "number expected", "timer_route[name, seconds]");
      this.timers.push({ name, route, seconds: block.seconds ?? 1 });
    }
    if (kind === "event") this.#event(block, route, name);
    route.body = compileBlock(new Scope(this.#shared, route, order), block.body);
  }

  /** Once all blocks are there: routes that are named, and functions that end up in the wrong kind of block. */
  finish(hasSyntaxErrors: boolean): void {
    const { problems, routes, names } = this.#shared;
    routes.checkWanted(problems, nearest);
    routes.checkKinds(problems);
    if (routes.find("request", "") === undefined && !hasSyntaxErrors) {
      problems.warning(undefined, "the script has no request route: requests are dropped", "add route { ... }");
    }
    const raised = new Set(names.modules.flatMap(({ module }) => module.events ?? []));
    for (const { name: event, span } of this.events) {
      if (!raised.has(event)) problems.warning(span, `Event ${event} not registered`, "no loaded module raises it");
    }
  }

  #event(block: Block, route: CompiledRoute, name: string): void {
    const { problems, names } = this.#shared;
    if (block.mode !== undefined) {
      problems.warning(block.nameSpan, `the word ${block.mode} has no meaning: event routes always run at the end of the turn`);
    }
    if (!names.isLoaded("event_route")) {
      problems.notice(block.keywordSpan, "OpenSIPS up to 3.5 needs the module event_route for this block", 'loadmodule "event_route.so"');
    }
    this.events.push({ name, route, span: block.nameSpan ?? block.keywordSpan });
  }
}

function redefined(kind: RouteKind, name: string): string {
  if (kind === "local" || kind === "startup" || kind === "error") return `re-definition of ${kind} route detected`;
  if (kind === "onreply" && name === "") return "overwriting default onreply routing table";
  if (kind === "request" && name === "") return "overwriting default request routing table";
  return `${kind === "request" ? "Script" : kind} route <${name}> is redefined`;
}

// The routes of a script, by kind and name, and the calls between them.
import type { Span } from "../language/ast.ts";
import { type RouteKind, routeBit } from "../routes.ts";
import type { Run } from "../run.ts";
import type { Problems } from "./problems.ts";
import { NEXT, type Signal, type Step } from "./signal.ts";

/** A block that can be run. */
export class CompiledRoute {
  readonly kind: RouteKind;
  /** "" for the main request route and other blocks without a name. */
  readonly name: string;
  readonly span: Span;
  /** @internal set once its statements are compiled */
  body: Step = () => NEXT;
  /** @internal functions called in it, and where: for the walk */
  readonly calls: { readonly name: string; readonly routes: number; readonly span: Span }[] = [];
  /** @internal routes called in it by a name that is known */
  readonly targets: { readonly name: string; readonly span: Span }[] = [];

  constructor(kind: RouteKind, name: string, span: Span) {
    this.kind = kind;
    this.name = name;
    this.span = span;
  }

  /** Runs the block. What it came to stands in `run.rc`, `run.isStopped` and `run.isDropped`; a promise only when it waits. */
  execute(run: Run): Signal | Promise<Signal> {
    return this.body(run);
  }
}

/** A route that some argument names. */
interface Wanted {
  readonly kind: RouteKind;
  readonly name: string;
  readonly span: Span;
  readonly message: string;
}

/** Every route of a script. */
export class RouteTable {
  readonly #routes = new Map<RouteKind, Map<string, CompiledRoute>>();
  /** In the order of the text; timer routes may share a name. */
  readonly all: CompiledRoute[] = [];
  readonly #wanted: Wanted[] = [];

  /** `route[0]` is the main route. */
  find(kind: RouteKind, name: string): CompiledRoute | undefined {
    return this.#routes.get(kind)?.get(kind === "request" && name === "0" ? "" : name);
  }

  add(route: CompiledRoute): void {
    let named = this.#routes.get(route.kind);
    if (named === undefined) {
      named = new Map();
      this.#routes.set(route.kind, named);
    }
    named.set(route.name, route);
    this.all.push(route);
  }

  names(kind: RouteKind): readonly string[] {
    return [...(this.#routes.get(kind)?.keys() ?? [])];
  }

  /** Asks for a route that may come further down in the text. @param message - what to say when there is none */
  want(kind: RouteKind, name: string, span: Span, message: string): void {
    this.#wanted.push({ kind, name, span, message });
  }

  /** Once everything is read: routes that are named and not there. */
  checkWanted(problems: Problems, nearest: (word: string, candidates: readonly string[]) => string | undefined): void {
    for (const { kind, name, span, message } of this.#wanted) {
      if (this.find(kind, name) !== undefined) continue;
      const close = nearest(name, this.names(kind));
      const other = close === undefined ? kindOf(this, kind, name) : undefined;
      problems.error(span, message, close !== undefined ? `did you mean ${close}?` : other);
    }
  }

  /**
   * Follows calls of sub-routes from every block that is no request route: a function must be allowed in the block that it runs in in
   * the end (script-language 4.2).
   */
  checkKinds(problems: Problems): void {
    for (const start of this.all) {
      if (start.kind !== "request") this.#walk(start, problems);
    }
  }

  #walk(start: CompiledRoute, problems: Problems): void {
    const bit = routeBit(start.kind);
    const seen = new Set<CompiledRoute>();
    const queue: { readonly route: CompiledRoute; readonly path: string }[] = [{ route: start, path: label(start) }];
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      for (const { name } of item.route.targets) {
        const route = this.find("request", name);
        if (route === undefined || seen.has(route)) continue;
        seen.add(route);
        const path = `${item.path}, ${label(route)}`;
        queue.push({ route, path });
        for (const call of route.calls) {
          if ((call.routes & bit) !== 0) continue;
          const message = `script function "${call.name}" (types=${call.routes}) does not support route type (${bit})`;
          problems.error(call.span, message, `it runs there by way of ${path}`);
        }
      }
    }
  }
}

const KEYWORDS: Readonly<Record<RouteKind, string>> = {
  request: "route",
  failure: "failure_route",
  onreply: "onreply_route",
  branch: "branch_route",
  error: "error_route",
  local: "local_route",
  startup: "startup_route",
  timer: "timer_route",
  event: "event_route",
};

/** The keyword of blocks of a kind. */
export function keywordOf(kind: RouteKind): string {
  return KEYWORDS[kind];
}

function label(route: CompiledRoute): string {
  return route.name === "" ? keywordOf(route.kind) : `${keywordOf(route.kind)}[${route.name}]`;
}

/** The name exists, for another kind of block. */
function kindOf(table: RouteTable, wanted: RouteKind, name: string): string | undefined {
  for (const kind of ["request", "failure", "onreply", "branch"] as const) {
    if (kind !== wanted && table.find(kind, name) !== undefined) {
      return `${keywordOf(kind)}[${name}] exists, but ${keywordOf(wanted)}[${name}] is needed here`;
    }
  }
  return undefined;
}

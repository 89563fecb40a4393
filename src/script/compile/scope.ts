// What is known while a block is compiled: the names, the block, and where problems go.
import type { Globals } from "../globals/globals.ts";
import type { Span } from "../language/ast.ts";
import { positionOf } from "../language/index.ts";
import type { Site } from "../module.ts";
import type { RouteKind } from "../routes.ts";
import type { Run } from "../run.ts";
import type { Value } from "../values.ts";
import type { Names } from "./names.ts";
import type { Problems } from "./problems.ts";
import type { CompiledRoute, RouteTable } from "./table.ts";

/** What `dialoom run` is told of a script while it runs. */
export type TraceEvent =
  /** A statement begins. */
  | { readonly type: "statement"; readonly run: Run; readonly span: Span }
  /** A variable was written; `name` as the script writes it. */
  | { readonly type: "write"; readonly run: Run; readonly name: string; readonly value: Value };

/** Told of every step. */
export type Tracer = (event: TraceEvent) => void;

/** Where a statement stands, as messages at run time name it. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** What all blocks of one script share. */
export interface Shared {
  readonly names: Names;
  readonly problems: Problems;
  readonly globals: Globals;
  readonly routes: RouteTable;
  readonly trace: Tracer | undefined;
  /** The script calls `script_trace` somewhere: its statements look whether they are to say so. */
  readonly hasScriptTrace: boolean;
  /** Formats that were cut at their limit have been warned about. */
  hasWarnedOfLength: boolean;
}

/** One block being compiled. */
export class Scope {
  readonly shared: Shared;
  /** The block, which gathers what is called in it. */
  readonly route: CompiledRoute;
  readonly kind: RouteKind;
  /** Index of the block among the top-level items: what was loaded later is not known here. */
  readonly order: number;
  /** How many loops and `switch`es are around the statement being compiled. */
  nested = 0;

  constructor(shared: Shared, route: CompiledRoute, order: number) {
    this.shared = shared;
    this.route = route;
    this.kind = route.kind;
    this.order = order;
  }

  get problems(): Problems {
    return this.shared.problems;
  }

  place(span: Span): Place {
    return { file: span.file.path, line: positionOf(span).line };
  }

  /** `FILE:LINE`, as the reference writes it. */
  where(span: Span): string {
    return `${span.file.path}:${positionOf(span).line}`;
  }

  /** Where a definition may complain. @param spans - of the arguments */
  site(span: Span, spans: readonly Span[] = []): Site {
    const { problems } = this;
    return {
      span,
      fault: (index, message, hint) => problems.error(spans[index] ?? span, message, hint),
      warn: (index, message) => problems.warning(spans[index] ?? span, message),
    };
  }
}

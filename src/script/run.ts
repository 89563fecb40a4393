// One execution of a block: what its statements see. Made for each top-level block; called routes share it.
import { type Dialog, DialogSlot } from "../dialog/index.ts";
import type {
  BranchContext,
  FailureContext,
  MalformedRequest,
  RelayCode,
  RelayOptions,
  ReplyContext,
  RequestContext,
} from "../proxy/index.ts";
import type { Edit, SipMessage, SipRequest, SipResponse } from "../sip/index.ts";
import type { LocalTransaction } from "../transaction/index.ts";
import type { Listener, Source } from "../transport/index.ts";
import { AvpStore } from "./avps.ts";
import type { EventParameters, ScriptServices } from "./ports.ts";
import type { RouteKind } from "./routes.ts";
import type { Value } from "./values.ts";

/**
 * What lives as long as a transaction and is seen by all its routes: AVPs, flags, armed routes. Modules that keep more hang it on
 * with a `WeakMap` whose key is this.
 */
export class TransactionScope {
  readonly avps: AvpStore = new AvpStore();
  /** Message flags by name. */
  flags: Set<string> | undefined = undefined;
  /** Flags of branch 0 (the current Request-URI) as `setbflag` leaves them; those of added branches are in their attributes. */
  branchFlags: Set<string> | undefined = undefined;
  /** Names of the armed routes; "" for none. */
  onFailure = "";
  onReply = "";
  onBranch = "";
  /** Complete header lines for answers made here (`append_to_reply`); "" for none. */
  replyHeaders = "";
  /** Answer that fits the last failure of a relay, for `sl_reply_error`; 0 for none. */
  errorStatus = 0;
  errorReason = "";
  /** Puts armed routes into effect; the door's. */
  arming: RouteArming | undefined = undefined;
}

/** The door's side of `t_on_failure` and its kin. */
export interface RouteArming {
  /** Whether the script has such a block. */
  has(kind: "failure" | "onreply" | "branch", name: string): boolean;
  /** The names in `run.scope` have changed: whatever `run` works on runs them from now on. */
  arm(run: Run): void;
  /** The replies of the branch that a branch route is making run this route first. */
  armBranch(run: Run, route: string): void;
  /** Relays from a block: blocks that run inside it see its variables. @returns what `RequestContext.relay` does */
  relay(run: Run, context: RequestContext, options: RelayOptions): RelayCode | undefined;
}

/** One called route: `$param`, and its name for `$route`. */
export interface Frame {
  readonly name: string;
  readonly kind: RouteKind;
  readonly parameters: readonly Value[];
  readonly caller: Frame | undefined;
}

/** A request that we send ourselves: in `local_route`, and in the reply and failure routes that were armed there. */
export interface LocalMessage {
  readonly transaction: LocalTransaction;
  /** As it was generated. */
  readonly request: SipRequest;
  /** Changes to the request in `local_route`; elsewhere they lead nowhere. */
  readonly edit: Edit;
  /** Reply and failure routes: what came back, 0 before. `response` is undefined when the status was made here. */
  readonly status: number;
  readonly response: SipResponse | undefined;
  /** Timeouts in ms; 0 for the defaults. */
  frTimeoutMs: number;
  frInvTimeoutMs: number;
}

/** Where a request goes: what `$ru`, `$du` and `$socket_out` read and write. A branch and a request context are such. */
export interface Target {
  requestUri: string;
  dstUri: string | undefined;
  forcedListener: Listener | undefined;
}

/** What `$err.*` shows in `error_route`. */
export interface ErrorDetails {
  readonly class: number;
  readonly level: number;
  readonly info: string;
  /** Status and reason of a fitting answer. */
  readonly status: number;
  readonly reason: string;
}

/** What `script_trace` asked for. */
export interface ScriptTrace {
  readonly level: number;
  /** Expanded anew for each line. */
  readonly text: (run: Run) => string | undefined;
  /** "" for none. */
  readonly info: string;
}

/** A running block. */
export class Run {
  readonly services: ScriptServices;
  readonly kind: RouteKind;
  /** What `$hdr`, `$rb`, `$ci` read: the request, in reply routes the reply, in `local_route` the generated request, else the dummy. */
  message: SipMessage;
  source: Source | undefined = undefined;
  /** The request being routed; in reply, branch and failure routes that of the transaction. Undefined in global reply routes and jobs. */
  request: RequestContext | undefined = undefined;
  reply: ReplyContext | undefined = undefined;
  failure: FailureContext | undefined = undefined;
  branch: BranchContext | undefined = undefined;
  local: LocalMessage | undefined = undefined;
  /** The request that could not be read (`error_route`): `$err.*`, and how to answer it. */
  malformed: MalformedRequest | undefined = undefined;
  /** Changes to the reply of a global reply route, which knows no branch; they go into the relayed copy. */
  draft: Edit | undefined = undefined;
  event: EventParameters | undefined = undefined;
  /** What is wrong with the message, in `error_route`. */
  errorDetails: ErrorDetails | undefined = undefined;
  /** Target of the request of a block that routes none: the dummy's, a generated one's. Made when first asked for, see `targetOf`. */
  ownTarget: Target | undefined = undefined;
  /** Running number of the message, `$mi`. */
  messageId = 0;
  /** The transaction's; a fresh one where there is none. */
  scope: TransactionScope;
  /** AVPs as this block sees them: the scope's, or a private list in reply routes without `onreply_avp_mode`. */
  avps: AvpStore;
  /** `$var`: fresh for each execution, shared with called routes, resume routes and blocks that run inside (decision 9). */
  vars: Map<string, Value>;
  /** `$json` documents by name: scoped like `$var`. */
  documents: Map<string, unknown>;
  frame: Frame;
  /** `$rc`. */
  rc = 1;
  /** `$return(n)`. */
  returned: readonly Value[] = [];
  /** `exit`, `drop`, or a function that returned 0. */
  isStopped = false;
  isDropped = false;
  /** Whether a function may suspend this block: branch, local and error routes cannot wait; there it logs an error and counts as −1. */
  mayWait = true;
  /** What `dialog()` says when the current dialog is not that of the request: `load_dialog_ctx`, dialog routes. */
  loadedDialog: Dialog | undefined = undefined;
  /** `script_trace`: what each statement prints; undefined while it prints nothing. */
  trace: ScriptTrace | undefined = undefined;
  /** Where the statement being executed begins, for messages and `$cfg_line`. */
  file = "";
  line = 0;

  constructor(services: ScriptServices, kind: RouteKind, name: string, message: SipMessage, scope: TransactionScope) {
    this.services = services;
    this.kind = kind;
    this.message = message;
    this.scope = scope;
    this.avps = scope.avps;
    this.vars = new Map();
    this.documents = new Map();
    this.frame = { name, kind, parameters: [], caller: undefined };
  }

  /** Where header and body changes of this block go: the branch, the relayed reply, the generated request, or the request. */
  get edit(): Edit | undefined {
    return this.branch?.edit ?? this.reply?.edit ?? this.local?.edit ?? this.draft ?? this.request?.edit;
  }

  /** The current dialog: a loaded one, else that of the message. */
  get dialog(): Dialog | undefined {
    if (this.loadedDialog !== undefined) return this.loadedDialog;
    return this.slot?.dialog;
  }

  /** The dialog of the message with the way the message goes in it; also of a request that we send within a dialog. */
  get slot(): DialogSlot | undefined {
    const { request } = this;
    if (request !== undefined) {
      const slot = this.services.dialogs.slot(request);
      // an ACK is told of its INVITE's dialog, and belongs to it once it is matched
      return request.transaction === undefined && slot !== undefined && request.invite?.slot === slot ? undefined : slot;
    }
    const slot = this.local?.transaction.slot;
    return slot instanceof DialogSlot ? slot : undefined;
  }

  /** An ERROR line of this execution. */
  error(module: string, routine: string, text: string): void {
    this.services.scriptLog.line(-1, module, routine, text);
  }

  warning(module: string, routine: string, text: string): void {
    this.services.scriptLog.line(1, module, routine, text);
  }
}

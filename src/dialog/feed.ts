// The change feed: everything that ever happens to a dialog leaves here, once, in order. Counters, events, stores and
// replicas subscribe to it and to nothing else.
import type { Link } from "../profile/index.ts";
import type { Dialog } from "./dialog.ts";
import type { DialogState } from "./machine.ts";

/** What kind of change it is. */
export type ChangeKind =
  | "created"
  | "loaded" // it came from a store or another node, as it stands
  | "refused" // a dialog that could not be finished while it was made (6.2)
  | "state" // from one state to another
  | "ending" // how it will end: BYEs are on their way or wait, a CANCEL came, a race was met
  | "lifetimeOver" // the lifetime ended the call, or is about to with BYEs
  | "lifetime" // another lifetime
  | "options"
  | "leg" // what is known of a party: tag, contact, routes, SDP
  | "cseq" // a request passed, or one of our own went out
  | "value" // set, or taken away when `value` is undefined
  | "flags"
  | "joined"
  | "left"
  | "routes" // names of the routes to run on answer, timeout and hang-up
  | "tag" // the sharing tag
  | "destroyed"; // nothing refers to it any more

/** One change. Fields that do not belong to its kind have their empty value. */
export class Change {
  readonly kind: ChangeKind;
  readonly dialog: Dialog;
  /** `state`: where it came from. */
  readonly from: DialogState | undefined;
  readonly to: DialogState | undefined;
  /** `value`: the name; `joined`, `left`: the profile's name with its suffix. */
  readonly name: string;
  /** `value`, `joined`, `left`: the value. */
  readonly value: string | undefined;
  /** `leg`, `cseq`: 0 for the caller, else the number of the callee leg. */
  readonly leg: number;
  /** `joined`. */
  readonly link: Link | undefined;

  constructor(
    kind: ChangeKind,
    dialog: Dialog,
    from?: DialogState,
    to?: DialogState,
    name: string = "",
    value?: string,
    leg: number = -1,
    link?: Link,
  ) {
    this.kind = kind;
    this.dialog = dialog;
    this.from = from;
    this.to = to;
    this.name = name;
    this.value = value;
    this.leg = leg;
    this.link = link;
  }
}

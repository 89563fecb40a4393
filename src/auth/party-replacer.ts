// Another From or To for the callee (uac_replace_from and its kin), so that neither side notices: replies and later requests of both
// directions are rewritten. A dialog keeps both URIs as values; without one our Record-Route carries what is needed.
import type { Dialog, DialogSlot, DialogTracker } from "../dialog/index.ts";
import { type Direction, type RequestContext, routeParam, type SipProxy } from "../proxy/index.ts";
import { type Edit, H, isCleanHeaderText, parseUri } from "../sip/index.ts";
import { type PartyName, partyValue, restoreReplies } from "./party-hook.ts";
import { encodeUris, otherUri } from "./replaced-uri.ts";

/** `auto` rewrites by itself, `manual` only remembers, `none` forgets. */
export type RestoreMode = "none" | "manual" | "auto";

/** What can be set; names in scripts are those of the uac module's parameters. */
export interface ReplacerSettings {
  readonly mode: RestoreMode;
  /** `restore_passwd`. */
  readonly password: string;
  /** Parameters of our Record-Route, and values of dialogs (`rr_from_store_param` and its kin). */
  readonly fromParam: string;
  readonly toParam: string;
}

export const REPLACER_DEFAULTS: ReplacerSettings = Object.freeze({ mode: "auto", password: "", fromParam: "vsf", toParam: "vst" });

/** Names of the dialog's values with the URIs that the callee sees: those of the reference. */
const NEW_VALUES: Readonly<Record<PartyName, string>> = Object.freeze({ from: "739823", to: "739824" });

/** What replacing needs of the rooms below. */
export interface ReplacerDeps {
  readonly dialogs: Pick<DialogTracker, "of" | "slot" | "listeners">;
  readonly proxy: Pick<SipProxy, "rrCallbacks">;
}

/** Where the changes go: a request, or one branch of it. */
export interface ReplaceWhere {
  readonly edit: Edit;
  addRrParam(param: string): 1 | -1;
  dropRrParam(name: string): void;
}

/**
 * Why nothing was replaced: the URI or display name could not stand there, the request belongs to a dialog already, the header
 * was replaced before in the same place, or the URIs are too long to be carried.
 */
export type ReplaceProblem = "badValue" | "withinDialog" | "twice" | "tooLong";

/** Replaces From and To in requests of one engine. */
export class PartyReplacer {
  readonly #deps: ReplacerDeps;
  #settings: ReplacerSettings = REPLACER_DEFAULTS;
  /** What our Record-Route holds where something was replaced. */
  #marks: Readonly<Record<PartyName, string>> = marksOf(REPLACER_DEFAULTS);
  /** Parties replaced in requests and branches. */
  readonly #done = new WeakMap<object, Set<PartyName>>();

  constructor(deps: ReplacerDeps) {
    this.#deps = deps;
    deps.proxy.rrCallbacks.push((context, params, direction) => this.#routed(context, params, direction));
    deps.dialogs.listeners.add({ requestMatched: (dialog, context, slot) => this.#matched(dialog, context, slot) });
  }

  /** Changes settings; before the first call. */
  configure(settings: Partial<ReplacerSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
    this.#marks = marksOf(this.#settings);
  }

  /**
   * Gives the copies of a request another From or To.
   * @param display - undefined leaves the display name, "" takes it away
   * @param where - a branch of the request; all copies when left out
   * @returns undefined, or why not
   */
  replace(
    context: RequestContext,
    party: PartyName,
    uri: string,
    display?: string,
    where: ReplaceWhere = context,
    mode: RestoreMode = this.#settings.mode,
  ): ReplaceProblem | undefined {
    if (!isCleanHeaderText(uri) || !parseUri(uri).ok || (display !== undefined && !isCleanHeaderText(display))) return "badValue";
    if (mode === "auto" && context.hasToTag) return "withinDialog";
    // each round of a failure hook begins with what the request route left
    const place = where === context ? (context.failure ?? where) : where;
    const done = this.#done.get(place) ?? new Set();
    if (done.has(party)) return "twice";
    const { request, transaction } = context;
    const original = party === "from" ? request.from : request.to;
    if (mode !== "none" && !this.#remember(context, where, party, original.uri, uri)) return "tooLong";
    done.add(party);
    this.#done.set(place, done);
    where.edit.set(party === "from" ? H.From : H.To, partyValue(original, uri, display));
    if (mode === "auto" && transaction !== undefined) restoreReplies(transaction, request, party);
    return undefined;
  }

  /**
   * Rewrites a request within a dialog by hand (`restore_mode` manual): towards the callee what it was shown, towards the caller its own.
   * @returns false when nothing is known of this header
   */
  restore(context: RequestContext, party: PartyName): boolean {
    const dialog = this.#deps.dialogs.of(context);
    const slot = this.#deps.dialogs.slot(context);
    if (dialog !== undefined && slot !== undefined && dialog.value(this.#param(party)) !== undefined) {
      return this.#rewrite(context, party, slot.toLeg === 0 ? "upstream" : "downstream", (isDown) =>
        dialog.value(isDown ? NEW_VALUES[party] : this.#param(party)),
      );
    }
    if (context.rrParams === "") return false;
    const direction: Direction = context.isDirection("downstream") ? "downstream" : "upstream";
    return this.#restoreByRoute(context, party, context.rrParams, direction);
  }

  #remember(context: RequestContext, where: ReplaceWhere, party: PartyName, before: string, after: string): boolean {
    const dialog = this.#deps.dialogs.of(context);
    if (dialog !== undefined) {
      dialog.setValue(this.#param(party), before);
      dialog.setValue(NEW_VALUES[party], after);
      return true;
    }
    const text = encodeUris(before, after, this.#settings.password);
    if (text === undefined) return false;
    where.dropRrParam(this.#param(party));
    return where.addRrParam(`;${this.#param(party)}=${text}`) > 0;
  }

  #param(party: PartyName): string {
    return party === "from" ? this.#settings.fromParam : this.#settings.toParam;
  }

  #routed(context: RequestContext, params: string | undefined, direction: Direction): void {
    if (params === undefined || this.#settings.mode !== "auto" || !context.hasToTag) return;
    if (params.includes(this.#marks.from)) this.#restoreByRoute(context, "from", params, direction);
    if (params.includes(this.#marks.to)) this.#restoreByRoute(context, "to", params, direction);
  }

  #restoreByRoute(context: RequestContext, party: PartyName, params: string, direction: Direction): boolean {
    const text = routeParam(params, this.#param(party).toLowerCase());
    if (text === undefined) return false;
    return this.#rewrite(context, party, direction, (_isDown, known) => otherUri(text, known, this.#settings.password));
  }

  #matched(dialog: Dialog, context: RequestContext, slot: DialogSlot): void {
    if (dialog.firstValue === undefined || this.#settings.mode !== "auto") return;
    for (const party of PARTIES) {
      if (dialog.value(NEW_VALUES[party]) === undefined || dialog.value(this.#param(party)) === undefined) continue;
      const direction = slot.toLeg === 0 ? "upstream" : "downstream";
      this.#rewrite(context, party, direction, (isDown) => dialog.value(isDown ? NEW_VALUES[party] : this.#param(party)));
    }
  }

  /**
   * Rewrites the header of a request within a dialog that stands for a party of the first one: going upstream From and To have changed
   * places.
   */
  #rewrite(
    context: RequestContext,
    party: PartyName,
    direction: Direction,
    find: (isDownstream: boolean, known: string) => string | undefined,
  ): boolean {
    const { request, edit, transaction } = context;
    const isDownstream = direction === "downstream";
    const here: PartyName = isDownstream === (party === "from") ? "from" : "to";
    const original = here === "from" ? request.from : request.to;
    const uri = find(isDownstream, original.uri);
    if (uri === undefined) return false;
    if (uri !== original.uri) edit.set(here === "from" ? H.From : H.To, partyValue(original, uri, undefined));
    if (transaction !== undefined) restoreReplies(transaction, request, here);
    return true;
  }
}

const PARTIES: readonly PartyName[] = ["from", "to"];

function marksOf({ fromParam, toParam }: ReplacerSettings): Readonly<Record<PartyName, string>> {
  return { from: `;${fromParam}=`, to: `;${toParam}=` };
}

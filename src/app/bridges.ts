// From the turning points of a call, as the tracker tells them, to the events of routes and programs.
import type { Dialog, DialogListener } from "../dialog/index.ts";
import type { Direction } from "../proxy/index.ts";
import type { DialogEvents, End, EventName } from "./events.ts";
import { HeardAnswer, HeardReply, HeardRequest } from "./heard.ts";

/** Told what happened, and to which call. */
export type Tell<N extends EventName> = (event: DialogEvents[N], dialog: Dialog) => unknown;

/** For each event, the callbacks of the tracker that make it; the others stay away, so nobody pays for them. */
const BRIDGES: { readonly [N in EventName]: (tell: Tell<N>) => DialogListener } = {
  loaded: (tell) => ({ loaded: (dialog) => tell(NOTHING, dialog) }),
  created: (tell) => ({ created: (dialog, invite) => tell(new HeardRequest(invite, "downstream"), dialog) }),
  reply: (tell) => ({
    responseForwarded: (dialog, response, edit) => tell(new HeardReply(response, edit, "upstream"), dialog),
  }),
  early: (tell) => ({ early: (dialog, response) => tell(new HeardAnswer(response, 180), dialog) }),
  confirmed: (tell) => ({ confirmed: (dialog, response) => tell(new HeardAnswer(response, 200), dialog) }),
  answered: (tell) => ({ answered: (dialog) => tell(NOTHING, dialog) }),
  request: (tell) => ({
    requestWithin: (dialog, request, direction) => tell(new HeardRequest(request, direction), dialog),
  }),
  replyWithin: (tell) => ({
    responseWithin: (dialog, response, edit, direction) => tell(new HeardReply(response, edit, direction), dialog),
  }),
  pinged: (tell) => ({ pinged: (dialog, ping) => tell(ping, dialog) }),
  expiring: (tell) => ({ timeout: (dialog) => tell(NOTHING, dialog) }),
  failed: (tell) => ({ failed: (dialog, status) => tell(endOf(dialog, false, undefined, status), dialog) }),
  terminated: (tell) => ({
    terminated: (dialog, _request, direction) => tell(endOf(dialog, true, direction, 0), dialog),
  }),
  expired: (tell) => ({ expired: (dialog) => tell(endOf(dialog, true, undefined, 0), dialog) }),
  ended: (tell) => ({
    terminated: (dialog, _request, direction) => tell(endOf(dialog, true, direction, 0), dialog),
    expired: (dialog) => tell(endOf(dialog, true, undefined, 0), dialog),
    failed: (dialog, status) => tell(endOf(dialog, false, undefined, status), dialog),
  }),
  destroyed: (tell) => ({ destroyed: (dialog) => tell(NOTHING, dialog) }),
  listed: (tell) => ({ listed: (dialog, context) => tell({ context }, dialog) }),
  saved: (tell) => ({ saved: (dialog) => tell(NOTHING, dialog) }),
};

/** Turns the tracker's callbacks into one event. */
export function bridge<N extends EventName>(event: N, tell: Tell<N>): DialogListener {
  return BRIDGES[event](tell);
}

function endOf(dialog: Dialog, wasAnswered: boolean, direction: Direction | undefined, status: number): End {
  return { reason: dialog.endReason ?? "", wasAnswered, direction, status, seconds: wasAnswered ? dialog.secondsSinceAnswer : 0 };
}

const NOTHING: Record<never, never> = Object.freeze({});

// Where the current request goes: what `$ru` and `$du` read, write, and take apart.
import { isCleanHeaderText, parseUri, SipRequest, type SipUri } from "../../sip/index.ts";
import type { Run, Target } from "../run.ts";

/**
 * The target that a block works on: that of the branch in branch routes, else the current one of the request; one of the run's own for
 * requests that nobody routes (generated ones, the dummy of jobs).
 * @returns undefined in reply routes
 */
export function targetOf(run: Run): Target | undefined {
  const { message } = run;
  if (!(message instanceof SipRequest)) return undefined;
  const target = run.branch ?? run.request;
  if (target !== undefined) return target;
  run.ownTarget ??= { requestUri: message.requestUri, dstUri: undefined, forcedListener: undefined };
  return run.ownTarget;
}

/** The current Request-URI taken apart; undefined in reply routes, and, with an ERROR line, when it does not read as a URI. */
export function requestUriOf(run: Run): SipUri | undefined {
  const target = targetOf(run);
  if (target === undefined) return undefined;
  const { requestUri } = target;
  const { request } = run;
  // nobody has rewritten it: it was taken apart when it came
  if (request !== undefined && requestUri === request.receivedUri) return request.request.uri;
  const parsed = parseUri(requestUri);
  if (parsed.ok) return parsed.value;
  run.error("core", "parse_sip_msg_uri", `bad uri <${requestUri}>`);
  return undefined;
}

/**
 * Puts another Request-URI in place of the current one. It is not checked whether it reads as a URI.
 * @returns false, with an ERROR line, in reply routes and for a text with line ends
 */
export function setRequestUri(run: Run, uri: string): boolean {
  const target = targetOf(run);
  if (target === undefined) return refuse(run, "pv_set_ruri", "no Request-URI in a reply");
  if (!isCleanHeaderText(uri)) return refuse(run, "pv_set_ruri", "a Request-URI with a line end");
  target.requestUri = uri;
  forgetFlow(run, target, target.dstUri === undefined);
  if (run.local !== undefined && target === run.ownTarget) run.local.edit.retarget(uri);
  return true;
}

/** Sets or takes away the next hop. @returns false, with an ERROR line, in reply routes and for a text with line ends */
export function setDstUri(run: Run, uri: string | undefined): boolean {
  const target = targetOf(run);
  if (target === undefined) return refuse(run, "pv_set_dsturi", "no destination in a reply");
  if (uri !== undefined && !isCleanHeaderText(uri)) return refuse(run, "pv_set_dsturi", "a destination with a line end");
  target.dstUri = uri;
  forgetFlow(run, target, true);
  return true;
}

// A connection that was chosen for another place must not be used for the new one.
function forgetFlow(run: Run, target: Target, isMoved: boolean): void {
  if (!isMoved) return;
  if (target === run.branch) run.branch.flow = 0;
  else if (target === run.request) run.request.dstFlow = 0;
}

function refuse(run: Run, routine: string, text: string): false {
  run.error("core", routine, text);
  return false;
}

// What the configurations of the inventory have in common: settings, modules, and the routes that every proxy needs.

/** How one configuration differs from a proxy that does nothing else. */
export interface Shape {
  /** Lines beside the usual global settings. */
  readonly globals?: string;
  /** Modules beside those of the frame, without `.so`. */
  readonly modules?: readonly string[];
  /** `modparam` lines. */
  readonly params?: string;
  /** `append_fromtag`; 0 when left out. */
  readonly fromTag?: 0 | 1;
  /** Condition under which a request with a To-tag does not belong here; `!loose_route()` when left out. */
  readonly stranger?: string;
  /** For initial requests, before they are relayed. */
  readonly initial?: string;
  /** For requests within a call, before they are relayed. */
  readonly within?: string;
  /** Further blocks. */
  readonly more?: string;
}

const GLOBALS = `log_level=3
xlog_level=3
stderror_enabled=yes
udp_workers=4
mpath="/usr/lib/opensips/modules/"`;

const TM = `modparam("tm", "fr_timeout", 5)
modparam("tm", "fr_inv_timeout", 30)
modparam("tm", "restart_fr_on_each_reply", 0)
modparam("tm", "onreply_avp_mode", 1)`;

export const MI: readonly string[] = ["httpd", "mi_http"];
export const MI_PARAMS = 'modparam("httpd", "ip", "127.0.0.1")';

/** Dialogs in a database, written every two seconds. */
export const SQL: readonly string[] = ["db_sqlite"];
export const SQL_PARAMS = `modparam("dialog", "db_mode", 2)
modparam("dialog", "db_update_period", 2)
modparam("dialog", "db_url", "sqlite:///var/lib/dialoom/calls.db")`;

const BASE_MODULES = ["signaling", "sl", "tm", "sipmsgops"];
const PROXY_MODULES = [...BASE_MODULES, "maxfwd", "rr"];

function frame(modules: readonly string[], params: string, { globals = "", modules: own = [], params: more = "" }: Shape): string {
  const load = [...modules, ...own, "proto_udp"].map((name) => `loadmodule "${name}.so"`);
  return [GLOBALS, globals, ...load, TM, params, more].filter((part) => part !== "").join("\n");
}

/** The smallest: relays what comes, with nothing to bring requests of a call back here. */
export function base(shape: Shape): string {
  const { initial = "", within = "", more = "" } = shape;
  return `${frame(BASE_MODULES, "", shape)}

route {
	if (has_totag()) {
		${within}
		if (!t_relay())
			send_reply(500, "Internal Error");
		exit;
	}
	${initial}
	if (!t_relay() && !(is_method("ACK") || is_method("CANCEL")))
		send_reply(500, "Internal Error");
	exit;
}
${more}
`;
}

/** Record-routes and loose-routes. */
export function proxy(shape: Shape): string {
  const { fromTag = 0, stranger = "!loose_route()", initial = "", within = "", more = "" } = shape;
  return `${frame(PROXY_MODULES, `modparam("rr", "append_fromtag", ${fromTag})`, shape)}

route {
	if (!mf_process_maxfwd_header(10)) {
		send_reply(483, "Too Many Hops");
		exit;
	}

	if (has_totag()) {
		if (is_method("ACK") && t_check_trans()) {
			t_relay();
			exit;
		}
		if (${stranger}) {
			send_reply(404, "Not here");
			exit;
		}
		${within}
		route(relay);
	}

	if (is_method("CANCEL")) {
		if (t_check_trans())
			t_relay();
		exit;
	}
	t_check_trans();

	if (!is_method("REGISTER"))
		record_route();
	${initial}
	route(relay);
}

route[relay] {
	if (!t_relay())
		send_reply(500, "Internal Error");
	exit;
}
${more}
`;
}

/** Makes a dialog of each INVITE. @param create - arguments of `create_dialog` @param before - statements ahead of it */
export function creating(create = "", before = ""): string {
  return `if (is_method("INVITE")) {
		${before}
		if (!create_dialog(${create})) {
			send_reply(500, "Internal Server Error");
			exit;
		}
	}`;
}

/** A proxy that knows its calls: each INVITE makes a dialog, later requests match it. */
export function calls(shape: Shape): string {
  return proxy({
    stranger: "!loose_route() && !match_dialog()",
    initial: creating(),
    ...shape,
    modules: ["dialog", ...(shape.modules ?? [])],
  });
}

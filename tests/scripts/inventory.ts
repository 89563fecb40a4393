// One configuration for each row of the inventory: what the reference's system tests run, written anew from the modules, parameters,
// functions and variables that each row names.
import { readFileSync } from "node:fs";
import { base, calls, creating, MI, MI_PARAMS, proxy, SQL, SQL_PARAMS } from "./pieces.ts";

/** A configuration by its name: `dialog/01`. */
export interface Row {
  readonly name: string;
  readonly text: string;
}

/** A file of tests/data/scripts. */
export function scriptFile(name: string): string {
  return readFileSync(new URL(`../data/scripts/${name}.cfg`, import.meta.url), "latin1");
}

/** The configuration with its database files in another folder. */
export function inFolder(text: string, folder: string): string {
  return text.replaceAll("sqlite:///var/lib/dialoom/", `sqlite://${folder}/`);
}

const inDialog = { modules: MI, params: MI_PARAMS };
const stored = { modules: [...MI, ...SQL], params: `${MI_PARAMS}\n${SQL_PARAMS}` };
const socket = "socket=udp:127.0.0.1:5060\nauto_aliases=no";

function more(shape: { readonly modules: readonly string[]; readonly params: string }, params: string): typeof shape {
  return { ...shape, params: `${shape.params}\n${params}` };
}

const BOTH = (kind: string): string => `"${kind}-caller,${kind}-callee"`;

/** A PRACK of our own for each reliable provisional response. */
const PRACKING = {
  globals: socket,
  initial: `${creating()}
	t_on_reply("provisional");`,
  more: `onreply_route[provisional] {
	if ($rs > 100 and $rs < 200) {
		if (list_hdr_has_option("Require", "100rel") && !dlg_send_sequential("PRACK", "callee"))
			xlog("no PRACK for $rs\\n");
	}
}`,
};

function dialogRows(): readonly Row[] {
  const row = (number: string, text: string): Row => ({ name: `dialog/${number}`, text });
  const autoPrack = (params = ""): string => calls({ globals: socket, params, initial: creating('"auto-prack"') });
  const failing = 'modparam("dialog", "auto_prack_fr_timeout", 2)\nmodparam("dialog", "auto_prack_hangup_on_failure", 1)';
  return [
    row("01", calls(stored)),
    row("02", calls({ ...more(stored, 'modparam("dialog", "options_ping_interval", 5)'), initial: creating(BOTH("options-ping")) })),
    row("03", calls({ ...more(stored, 'modparam("dialog", "reinvite_ping_interval", 5)'), initial: creating(BOTH("reinvite-ping")) })),
    row(
      "04",
      calls({
        ...more(stored, 'modparam("dialog", "reinvite_ping_interval", 5)'),
        initial: creating('"bye-on-timeout"', "$DLG_timeout = 5;"),
      }),
    ),
    ...["05", "06"].map((number) => row(number, calls(more(inDialog, 'modparam("dialog", "db_mode", 0)')))),
    ...["07", "08", "09"].map((number) => row(number, calls(PRACKING))),
    row("10", scriptFile("dialog-10")),
    ...["11", "12"].map((number) => row(number, autoPrack())),
    ...["13", "14"].map((number) => row(number, autoPrack(failing))),
    ...["15", "16", "17", "18"].map((number) => row(number, scriptFile(`dialog-${number}`))),
  ];
}

function recordRouteRows(): readonly Row[] {
  const row = (number: string, text: string): Row => ({ name: `record-route/${number}`, text });
  return [
    row("01", proxy({})),
    row("02", proxy({ globals: "tcp_workers=4", modules: ["proto_tcp"] })),
    row("03", proxy({ globals: "mhomed=yes" })),
  ];
}

function topologyRows(): readonly Row[] {
  const hiding = (flags: string): string => `if (is_method("INVITE"))
		topology_hiding(${flags});`;
  const alone = (flags: string): string =>
    proxy({ modules: ["topology_hiding"], stranger: "!topology_hiding_match()", initial: hiding(flags) });
  const tracked = (flags: string, params = ""): string =>
    proxy({
      modules: ["dialog", ...stored.modules, "topology_hiding"],
      params: `${stored.params}\nmodparam("dialog", "reinvite_ping_interval", 30)\n${params}`,
      stranger: "!topology_hiding_match()",
      initial: `${creating()}\n\t${hiding(flags)}`,
    });
  const row = (number: string, text: string): Row => ({ name: `topology-hiding/${number}`, text });
  return [
    row("01", alone("")),
    row("02", alone('"U"')),
    row("03", tracked("")),
    row("04", tracked('"U"')),
    row("05", tracked('"D"')),
    row("06", tracked('"C"', 'modparam("topology_hiding", "th_callid_prefix", "HIDDEN_")')),
  ];
}

function registrationRows(): readonly Row[] {
  const PRESET = (mode: string): string =>
    `modparam("usrloc", "nat_bflag", "NAT")\nmodparam("usrloc", "working_mode_preset", "single-instance-${mode}")`;
  const registrar = (database: boolean, params = "", flags = ""): string =>
    base({
      modules: [...MI, ...(database ? SQL : []), "usrloc", "registrar"],
      params: [
        MI_PARAMS,
        PRESET(database ? "sql-write-back" : "no-db"),
        database ? 'modparam("usrloc", "db_url", "sqlite:///var/lib/dialoom/users.db")\nmodparam("usrloc", "timer_interval", 2)' : "",
        params,
      ]
        .filter((part) => part !== "")
        .join("\n"),
      initial: `if (is_method("REGISTER")) {
		if (!save("location"${flags}))
			xlog("cannot register $tu\\n");
		exit;
	}`,
    });
  const row = (number: string, text: string): Row => ({ name: `registration/${number}`, text });
  const least = 'modparam("registrar", "min_expires", 60)';
  const most = `${least}\nmodparam("registrar", "max_expires", 600)`;
  const contacts = 'modparam("registrar", "max_contacts", 2)';
  return [
    row("01", registrar(false)),
    row("02", registrar(true)),
    ...["03", "04"].map((number) => row(number, registrar(true, least))),
    ...["05", "06"].map((number) => row(number, registrar(true, most))),
    row("07", registrar(true, contacts)),
    row("08", registrar(true, contacts, ', "force-registration"')),
    row("09", scriptFile("registration-09")),
  ];
}

function accountingRows(): readonly Row[] {
  const accounting = (what: string, modules: readonly string[] = []): string =>
    proxy({
      modules: [...MI, ...SQL, ...modules, "acc"],
      params: `${MI_PARAMS}\nmodparam("acc", "db_url", "sqlite:///var/lib/dialoom/calls.db")`,
      initial: `if (is_method("INVITE"))
		do_accounting(${what});`,
    });
  const row = (number: string, text: string): Row => ({ name: `accounting/${number}`, text });
  return [row("01", accounting('"db"')), row("02", accounting('"db", "failed|missed"')), row("03", accounting('"db", "cdr"', ["dialog"]))];
}

/** Who answers challenges in the uac-auth configurations. */
export const LOGIN = { user: "gateway", realm: "trunk.example", password: "s3cret|word" };

/** How each uac-auth configuration knows its login, and which `qop` its challenges have. */
export interface LoginRow extends Row {
  readonly qop: "auth" | "auth-int" | "auth,auth-int";
  readonly frame: "base" | "proxy" | "dialog";
}

/** @param ha1 - MD5 of user, realm and password */
export function loginRows(ha1: string): readonly LoginRow[] {
  const { user, realm, password } = LOGIN;
  const rows: LoginRow[] = [];
  const add = (frame: LoginRow["frame"], qop: LoginRow["qop"], way: "credential" | "avp", secret: string): void => {
    const avps = `$avp(login_user) = "${user}";
		$avp(login_realm) = $(<reply>challenge.realm);
		$avp(login_password) = "${secret}";`;
    const shape = {
      modules: [...(frame === "base" ? ["rr"] : []), "uac", "uac_auth"],
      params:
        way === "credential"
          ? `modparam("uac_auth", "credential", "${user}:${realm}:${secret}")`
          : ["username", "realm", "password"]
              .map((what) => `modparam("uac_auth", "auth_${what}_avp", "$avp(login_${what === "username" ? "user" : what})")`)
              .join("\n"),
      initial: `${frame === "dialog" ? `${creating()}\n\t` : ""}if (is_method("INVITE"))
		t_on_failure("challenged");`,
      more: `failure_route[challenged] {
	if (t_check_status("401")) {
		${way === "avp" ? avps : ""}
		if (uac_auth())
			t_relay();
	}
}`,
    };
    const text =
      frame === "base"
        ? base(shape)
        : frame === "proxy"
          ? proxy({ ...shape, fromTag: 1 })
          : calls({ ...shape, fromTag: 1, stranger: "!loose_route() || !match_dialog()" });
    rows.push({ name: `uac-auth/${String(rows.length + 1).padStart(2, "0")}`, text, qop, frame });
  };
  const qops = ["auth", "auth-int", "auth,auth-int"] as const;
  const secrets = [password, `0x${ha1}`];
  const twelve = (frame: LoginRow["frame"]): void => {
    for (const qop of qops) for (const way of ["credential", "avp"] as const) for (const secret of secrets) add(frame, qop, way, secret);
  };
  twelve("base");
  for (const qop of qops) add("proxy", qop, "credential", password);
  twelve("dialog");
  return rows;
}

/** The default script of the examples with the ways in that its generated form has. */
export function defaultScript(): string {
  const text = readFileSync(new URL("../../examples/default/opensips.cfg", import.meta.url), "latin1");
  const ways = `loadmodule "mi_fifo.so"
modparam("mi_fifo", "fifo_name", "/tmp/dialoom_default_fifo")
modparam("mi_fifo", "fifo_mode", 0666)
loadmodule "httpd.so"
modparam("httpd", "ip", "127.0.0.1")
loadmodule "mi_http.so"
`;
  return text.replace('loadmodule "usrloc.so"', `${ways}loadmodule "usrloc.so"`);
}

/** The four generated scripts and the others of their kind. */
export function startupRows(): readonly Row[] {
  const row = (name: string, text: string): Row => ({ name, text });
  return [
    row("startup/01 default", defaultScript()),
    row("startup/02 residential", scriptFile("residential-all")),
    row("startup/03 trunking", scriptFile("trunking-all")),
    row("startup/04 load balancer", scriptFile("load-balancer-all")),
    row("trunking, defaults", scriptFile("trunking")),
    row("load balancer, defaults", scriptFile("load-balancer")),
    row("limit of concurrent calls", scriptFile("cc-limit")),
  ];
}

/** Every row but those of `loginRows`. */
export function inventory(): readonly Row[] {
  return [...dialogRows(), ...recordRouteRows(), ...topologyRows(), ...registrationRows(), ...accountingRows(), ...startupRows()];
}

/** The configuration of a row; its database files are in the folder. */
export function scriptOf(name: string, folder: string): string {
  const row = inventory().find((one) => one.name === name);
  if (row === undefined) throw new Error(`there is no row ${name}`);
  return inFolder(row.text, folder);
}

// Every global parameter of the language, 3.1 to 4.0: what it takes and what becomes of it. The order is that of the manual's table.

/** What a parameter takes: a number, a number used as a boolean, a text, a text or a bare word, a socket, names, a block that is skipped. */
export type GlobalType = "number" | "boolean" | "text" | "word" | "socket" | "aliases" | "skipped";

/** Where the value of an honoured parameter goes: an option of the engine, or something of the script itself. */
export type GlobalTarget =
  | { readonly to: "option"; readonly option: string; readonly unit?: "negated" | "header" }
  | { readonly to: "script"; readonly setting: ScriptSetting };

/** Settings of the script door itself. */
export type ScriptSetting =
  | "logLevel"
  | "xlogLevel"
  | "xlogPrintLevel"
  | "stderrEnabled"
  | "stdoutEnabled"
  | "syslogEnabled"
  | "syslogFacility"
  | "syslogName"
  | "logPrefix"
  | "stderrLevelFilter"
  | "syslogLevelFilter"
  | "stderrFormat"
  | "syslogFormat"
  | "debugMode"
  | "xlogBufferSize"
  | "formatBufferSize"
  | "forceColor"
  | "autoAliases"
  | "sipWarning"
  | "maxWhileLoops"
  | "statelessForwardDisabled"
  | "assertsEnabled"
  | "workDir";

/** One parameter. Without a target it is accepted and has no effect here. */
export interface GlobalRow {
  readonly name: string;
  readonly type: GlobalType;
  readonly target?: GlobalTarget;
  /** May be given several times. */
  readonly repeats?: boolean;
  /** A number may be followed by `use_auto_scaling_profile id`. */
  readonly scales?: boolean;
}

const option = (option: string, unit?: "negated" | "header"): GlobalTarget =>
  unit === undefined ? { to: "option", option } : { to: "option", option, unit };
const script = (setting: ScriptSetting): GlobalTarget => ({ to: "script", setting });

function row(names: string, type: GlobalType, target?: GlobalTarget): readonly GlobalRow[] {
  return names.split(" ").map((name) => (target === undefined ? { name, type } : { name, type, target }));
}

/** All of them. */
export const globalRows: readonly GlobalRow[] = [
  { name: "socket", type: "socket", repeats: true, target: option("listen") },
  { name: "listen", type: "socket", repeats: true, target: option("listen") },
  { name: "alias", type: "aliases", repeats: true, target: option("alias") },
  ...row("auto_aliases", "boolean", script("autoAliases")),
  ...row("advertised_address", "word", option("advertisedAddress")),
  ...row("advertised_port", "number", option("advertisedPort")),
  ...row("log_level", "number", script("logLevel")),
  ...row("xlog_level", "number", script("xlogLevel")),
  ...row("xlog_print_level", "number", script("xlogPrintLevel")),
  ...row("log_stderror stderror_enabled", "boolean", script("stderrEnabled")),
  ...row("log_stdout", "boolean", script("stdoutEnabled")),
  ...row("syslog_enabled", "boolean", script("syslogEnabled")),
  ...row("log_facility syslog_facility", "word", script("syslogFacility")),
  ...row("log_name syslog_name", "text", script("syslogName")),
  ...row("log_prefix", "text", script("logPrefix")),
  ...row("stderror_level_filter", "number", script("stderrLevelFilter")),
  ...row("syslog_level_filter", "number", script("syslogLevelFilter")),
  ...row("stderror_log_format", "text", script("stderrFormat")),
  ...row("syslog_log_format", "text", script("syslogFormat")),
  ...row("log_event_enabled", "boolean"),
  ...row("log_event_level_filter log_json_buf_size log_msg_buf_size", "number"),
  ...row("debug_mode", "boolean", script("debugMode")),
  ...row("xlog_buf_size", "number", script("xlogBufferSize")),
  ...row("pv_print_buf_size", "number", script("formatBufferSize")),
  ...row("xlog_force_color", "boolean", script("forceColor")),
  ...["udp_workers", "tcp_workers", "timer_workers", "tcp_threads"].map((name): GlobalRow => ({ name, type: "number", scales: true })),
  { name: "auto_scaling_profile", type: "skipped", repeats: true },
  ...row("auto_scaling_cycle", "number"),
  { name: "mpath", type: "text", repeats: true },
  ...row("server_signature", "boolean", option("serverSignature")),
  ...row("server_header", "text", option("serverHeader", "header")),
  ...row("user_agent_header", "text", option("userAgentHeader", "header")),
  ...row("sip_warning", "boolean", script("sipWarning")),
  ...row("mhomed", "boolean", option("mhomed")),
  ...row("check_via dns rev_dns", "boolean"),
  ...row("dns_try_ipv6", "boolean", option("dnsTryIpv6")),
  ...row("dns_try_naptr", "boolean", option("dnsTryNaptr")),
  ...row("disable_dns_failover", "boolean", option("disableDnsFailover")),
  ...row("dns_use_search_list disable_dns_blacklist", "boolean"),
  ...row("dns_retr_time dns_retr_no dns_servers_no", "number"),
  { name: "dst_blacklist", type: "skipped", repeats: true },
  ...row("max_while_loops", "number", script("maxWhileLoops")),
  ...row("maxbuffer tos mcast_ttl open_files_limit", "number"),
  ...row("mcast_loopback disable_core_dump mem_warming mem_warming_enabled", "boolean"),
  ...row("poll_method chroot group user", "word"),
  ...row("workdir wdir", "text", script("workDir")),
  ...row(
    "shm_hash_split_percentage shm_secondary_hash_size shm_memlog_size memlog mem_log memdump mem_dump mem_warming_percentage",
    "number",
  ),
  ...row("mem_warming_pattern_file restart_persistency_cache_file", "text"),
  ...row("restart_persistency_size exec_msg_threshold exec_dns_threshold tcp_threshold query_buffer_size query_flush_time", "number"),
  ...row("event_shm_threshold event_pkg_threshold", "number"),
  ...row("tcp_connect_timeout", "number", option("tcpConnectTimeout")),
  ...row("tcp_connection_lifetime", "number", option("tcpConnectionLifetime")),
  ...row("tcp_max_connections", "number", option("tcpMaxConnections")),
  ...row("tcp_max_msg_time", "number", option("tcpMaxMsgTime")),
  ...row("tcp_accept_aliases", "boolean", option("tcpAcceptAliases")),
  ...row("tcp_keepalive", "boolean", option("tcpKeepalive")),
  ...row("tcp_keepcount tcp_keepidle tcp_keepinterval tcp_socket_backlog tcp_listen_backlog", "number"),
  ...row("tcp_no_new_conn_bflag tcp_no_new_conn_rplflag", "word"),
  ...row("db_default_url", "text", option("dbDefaultUrl")),
  ...row("db_version_table", "text", option("dbVersionTable")),
  ...row("db_max_async_connections", "number"),
  ...row("disable_503_translation", "boolean", option("disable503Translation")),
  ...row("disable_stateless_fwd", "boolean", script("statelessForwardDisabled")),
  ...row("enable_asserts", "boolean", script("assertsEnabled")),
  ...row("abort_on_assert", "boolean"),
];

/** Names that were dropped long ago, with what stands in their place. */
export const droppedGlobals: ReadonlyMap<string, string> = new Map([
  ["children", "use udp_workers"],
  ["tcp_children", "use tcp_workers"],
  ["fork", "there is one process and it stays in the foreground"],
  ["debug", "use log_level"],
  ["disable_tcp", "leave out proto_tcp and its sockets"],
  ["disable_tls", "leave out the TLS sockets"],
  ["port", "write the port into socket=udp:host:port"],
  ["server_id", "use the clusterer's my_node_id"],
  ["sip_warnings", "use sip_warning"],
  ["xlog_default_level", "use xlog_print_level"],
]);

/** Words that `syslog_facility` takes. */
export const SYSLOG_FACILITIES: readonly string[] = [
  "LOG_AUTH",
  "LOG_AUTHPRIV",
  "LOG_CRON",
  "LOG_DAEMON",
  "LOG_FTP",
  "LOG_KERN",
  "LOG_LPR",
  "LOG_MAIL",
  "LOG_NEWS",
  "LOG_SYSLOG",
  "LOG_USER",
  "LOG_UUCP",
  "LOG_LOCAL0",
  "LOG_LOCAL1",
  "LOG_LOCAL2",
  "LOG_LOCAL3",
  "LOG_LOCAL4",
  "LOG_LOCAL5",
  "LOG_LOCAL6",
  "LOG_LOCAL7",
];

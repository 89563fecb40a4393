// Parameters of the module `dialog`: what they mean to the engine, what they need, and what is wrong with them (script-language 9,
// dialog-behaviour 0.1).
import { type ProfileName, parseProfileList, parseProfileName } from "../../../profile/index.ts";
import { type Dependency, IntParameter, type ModuleParameter, TextParameter } from "../../module.ts";
import { ColumnParameters, databaseDependency, isTableName } from "../databases.ts";

const CACHE_MODULES = [
  "cachedb_local",
  "cachedb_redis",
  "cachedb_memcached",
  "cachedb_mongodb",
  "cachedb_cassandra",
  "cachedb_couchbase",
  "cachedb_sql",
  "cachedb_dynamodb",
];
/** Columns that have a parameter. */
const COLUMNS: Readonly<Record<string, string>> = {
  dlg_id_column: "dlg_id",
  call_id_column: "callid",
  from_uri_column: "from_uri",
  from_tag_column: "from_tag",
  to_uri_column: "to_uri",
  to_tag_column: "to_tag",
  from_cseq_column: "caller_cseq",
  to_cseq_column: "callee_cseq",
  from_route_column: "caller_route_set",
  to_route_column: "callee_route_set",
  from_contact_column: "caller_contact",
  to_contact_column: "callee_contact",
  from_sock_column: "caller_sock",
  to_sock_column: "callee_sock",
  state_column: "state",
  start_time_column: "start_time",
  timeout_column: "timeout",
  profiles_column: "profiles",
  vars_column: "vars",
  sflags_column: "script_flags",
  mflags_column: "module_flags",
  flags_column: "flags",
};
/** `db_mode` as the engine calls it. */
const DB_MODES: readonly string[] = ["none", "realtime", "delayed", "shutdown"];
/** Rows that one statement may remove. */
const MAX_BULK = 1000;
/** Most bytes of a packet of profile counts: nine tenths of what a datagram holds. */
const MAX_PROFILE_BUFFER = 58_981;

/** A `;`-separated list of profiles; the last one given counts. */
class ProfilesParameter implements ModuleParameter {
  readonly name: string;
  readonly type = "string";
  profiles: readonly ProfileName[] = [];

  constructor(name: string) {
    this.name = name;
  }

  set(value: string | number): string | undefined {
    if (typeof value !== "string") return "string expected";
    const list = parseProfileList(value);
    if (!list.ok) return list.fault.join("; ");
    this.profiles = list.value;
    return undefined;
  }
}

/** The parameters of one script. */
export class DialogParameters {
  readonly #enableStats = new IntParameter("enable_stats", 1, 0);
  readonly #hashSize = new IntParameter("hash_size", 4096, 0, 2 ** 24);
  readonly #rrParam = new TextParameter("rr_param", "did");
  readonly #defaultTimeout = new IntParameter("default_timeout", 43_200, 1);
  readonly #extraHeaders = new TextParameter("dlg_extra_hdrs");
  readonly #matchMode = new IntParameter("dlg_match_mode", 1, 0, 2);
  readonly #raceTimeout = new IntParameter("race_condition_timeout", 5, 1);
  readonly #optionsPing = new IntParameter("options_ping_interval", 30, 1);
  readonly #reinvitePing = new IntParameter("reinvite_ping_interval", 300, 1);
  readonly #prackHangup = new IntParameter("auto_prack_hangup_on_failure", 0, 0);
  readonly #prackTimeout = new IntParameter("auto_prack_fr_timeout", 3, 1);
  readonly #eventIdFormat = new IntParameter("event_id_format", 0);
  readonly #dbMode = new IntParameter("db_mode", 0, 0, 3);
  readonly #dbUrl = new TextParameter("db_url");
  readonly #dbUpdatePeriod = new IntParameter("db_update_period", 60, 1);
  readonly #dbFlush = new IntParameter("db_flush_vals_profiles", 0, 0);
  readonly #bulkDeletes = new IntParameter("timer_bulk_del_no", 1, 1);
  readonly #tableName = new TextParameter("table_name", "dialog");
  readonly #columns = new ColumnParameters(COLUMNS);
  readonly #cachedbUrl = new TextParameter("cachedb_url");
  readonly #profileTimeout = new IntParameter("profile_timeout", 86_400);
  readonly #dialogCluster = new IntParameter("dialog_replication_cluster", 0, 0);
  readonly #profileCluster = new IntParameter("profile_replication_cluster", 0, 0);
  readonly #withValue = new ProfilesParameter("profiles_with_value");
  readonly #noValue = new ProfilesParameter("profiles_no_value");
  /** Every parameter, in no particular order. */
  readonly all: readonly ModuleParameter[];

  constructor() {
    const whole = (name: string, initial: number, least: number, most?: number): IntParameter =>
      new IntParameter(name, initial, least, most);
    this.all = [
      this.#enableStats,
      this.#hashSize,
      this.#rrParam,
      this.#defaultTimeout,
      this.#extraHeaders,
      this.#matchMode,
      this.#raceTimeout,
      this.#eventIdFormat,
      this.#dbMode,
      this.#cachedbUrl,
      this.#profileTimeout,
      this.#dialogCluster,
      this.#profileCluster,
      this.#withValue,
      this.#noValue,
      whole("log_profile_hash_size", 4, 1),
      this.#optionsPing,
      this.#reinvitePing,
      this.#dbUrl,
      this.#dbUpdatePeriod,
      this.#dbFlush,
      this.#bulkDeletes,
      this.#tableName,
      ...this.#columns.all,
      whole("replicate_profiles_timer", 10, 0),
      whole("replicate_profiles_check", 10, 0),
      whole("replicate_profiles_buffer", 1400, 0, MAX_PROFILE_BUFFER),
      whole("replicate_profiles_expire", 10, 0),
      whole("cluster_auto_sync", 1, 0),
      whole("delete_delay", 0, 0),
      this.#prackHangup,
      this.#prackTimeout,
      ...["profile_value_prefix", "profile_no_value_prefix", "profile_size_prefix"].map((name) => new TextParameter(name)),
    ];
  }

  /** Whether others may read the numbers of calls. */
  get isCounted(): boolean {
    return this.#enableStats.value !== 0;
  }

  /**
   * The declared profile that a script's text names.
   * @returns `undefined` when there is none
   */
  profile(text: string): ProfileName | undefined {
    const wanted = parseProfileName(text);
    if (!wanted.ok) return undefined;
    const { name, sharing } = wanted.value;
    const named = this.#profiles.filter((one) => one.name === name);
    // the plain name finds a shared profile that counts locally
    return named.find((one) => one.sharing === sharing) ?? (sharing === "local" ? named[0] : undefined);
  }

  /** Names of all declared profiles. */
  get profileNames(): readonly string[] {
    return this.#profiles.map(fullName);
  }

  dependencies(): readonly Dependency[] {
    const needed: Dependency[] = [{ oneOf: ["tm"], message: "module dialog depends on module tm, but it was not loaded!" }];
    if (this.#dbMode.value > 0) needed.push(databaseDependency("dialog", this.#dbMode.name));
    if (this.#cachedbUrl.value !== "") {
      const message = "module dialog depends on a cachedb module due to modparam cachedb_url, but none was loaded!";
      needed.push({ oneOf: CACHE_MODULES, message });
    }
    for (const cluster of [this.#dialogCluster, this.#profileCluster]) {
      if (cluster.value === 0) continue;
      const message = `module dialog depends on module clusterer due to modparam ${cluster.name}, but it was not loaded!`;
      needed.push({ oneOf: ["clusterer"], message });
    }
    return needed;
  }

  check(): readonly string[] {
    const problems: string[] = [];
    const { value: param } = this.#rrParam;
    if (param === "" || param.length > 32) problems.push("rr_param must have 1 to 32 characters");
    if (this.#cachedbUrl.value !== "" && this.#profileTimeout.value < 1)
      problems.push("profile_timeout must be a positive number of seconds");
    const { value: headers } = this.#extraHeaders;
    if (headers !== "" && !headers.endsWith("\r\n")) problems.push("dlg_extra_hdrs: every header line must end in \\r\\n");
    for (const { name, value } of this.#names)
      if (!isTableName(value)) problems.push(`${name}: "${value}" is no name of a table or column`);
    const seen = new Set<string>();
    for (const name of this.profileNames) {
      if (seen.has(name)) problems.push(`profile <${name}> is defined twice`);
      seen.add(name);
    }
    return problems;
  }

  warnings(): readonly string[] {
    const warnings: string[] = [];
    for (const profile of this.#profiles) {
      if (profile.sharing === "s" && this.#cachedbUrl.value === "")
        warnings.push(`profile <${fullName(profile)}> counts on this node alone: sharing it needs cachedb_url`);
      if (profile.sharing === "b" && this.#profileCluster.value === 0)
        warnings.push(`profile <${fullName(profile)}> counts on this node alone: sharing it needs profile_replication_cluster`);
    }
    const { value: format } = this.#eventIdFormat;
    if (format < 0 || format > 2) warnings.push(`event_id_format ${format} is none of 0, 1, 2: using 0`);
    return warnings;
  }

  needs(): readonly string[] {
    const needs: string[] = [];
    if (this.#cachedbUrl.value !== "" && this.#profiles.some(({ sharing }) => sharing === "s"))
      needs.push(
        "cachedb_url: profiles shared over a cache come with a later release; take the /s from the profiles to count on this node",
      );
    if (this.#dialogCluster.value > 0)
      needs.push("dialog_replication_cluster: replicating dialogs comes with a later release; set it to 0 to run alone");
    if (this.#profileCluster.value > 0 && this.#profiles.some(({ sharing }) => sharing === "b"))
      needs.push(
        "profile_replication_cluster: profiles counted across a cluster come with a later release; set it to 0 to count on this node",
      );
    return needs;
  }

  options(): Readonly<Record<string, unknown>> {
    const options: Record<string, unknown> = {};
    const give = (name: string, parameter: IntParameter | TextParameter): void => {
      if (parameter.isSet) options[name] = parameter.value;
    };
    if (this.#hashSize.isSet) options["hashSize"] = Math.max(1, this.#hashSize.value);
    give("rrParam", this.#rrParam);
    give("defaultTimeout", this.#defaultTimeout);
    give("dlgExtraHdrs", this.#extraHeaders);
    give("dlgMatchMode", this.#matchMode);
    give("raceConditionTimeout", this.#raceTimeout);
    give("optionsPingInterval", this.#optionsPing);
    give("reinvitePingInterval", this.#reinvitePing);
    give("autoPrackFrTimeout", this.#prackTimeout);
    if (this.#prackHangup.isSet) options["autoPrackHangupOnFailure"] = this.#prackHangup.value !== 0;
    if (this.#eventIdFormat.isSet) {
      const { value } = this.#eventIdFormat;
      options["eventIdFormat"] = value === 1 || value === 2 ? value : 0;
    }
    if (!this.isCounted) options["dialogStatistics"] = false;
    if (this.#dbMode.value > 0) {
      // without a URL of its own the module takes the core's
      options["store"] = this.#dbUrl.isSet ? this.#dbUrl.value : true;
      options["dbMode"] = DB_MODES[this.#dbMode.value];
      options["dbFlushValsProfiles"] = this.#dbFlush.value !== 0;
      options["timerBulkDelNo"] = Math.min(this.#bulkDeletes.value, MAX_BULK);
      options["dialogTable"] = this.#tableName.value;
      options["dialogColumns"] = this.#columns.names();
      give("dbUpdatePeriod", this.#dbUpdatePeriod);
    } else if (this.#dbMode.isSet) options["dbMode"] = DB_MODES[0];
    if (this.#profiles.length > 0) {
      const entry = (withValue: boolean) => (profile: ProfileName) => ({ name: fullName(profile), withValue });
      options["profiles"] = [...this.#withValue.profiles.map(entry(true)), ...this.#noValue.profiles.map(entry(false))];
    }
    return options;
  }

  /** Names that stand in statements. */
  get #names(): readonly { readonly name: string; readonly value: string }[] {
    const columns = Object.entries(this.#columns.names()).map(([column, value]) => ({ name: `the column ${column}`, value }));
    return [{ name: "table_name", value: this.#tableName.value }, ...columns];
  }

  get #profiles(): readonly ProfileName[] {
    return [...this.#withValue.profiles, ...this.#noValue.profiles];
  }
}

function fullName({ name, sharing }: ProfileName): string {
  return sharing === "local" ? name : `${name}/${sharing}`;
}

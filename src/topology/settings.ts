// What can be set about topology hiding; names in scripts are those of the topology_hiding module's parameters.

/** Settings of the topology room. */
export interface TopologySettings {
  /** What a hidden Call-ID starts with (`th_callid_prefix`). */
  readonly callIdPrefix: string;
  /** XOR-ed over it (`th_callid_passwd`). */
  readonly callIdPassword: string;
  /** A hidden Call-ID carries the caller's tag, and whoever has that tag itself gets its message unread (`th_callid_loop_protection`). */
  readonly callIdLoopProtection: boolean;
  /** URI parameter of Contact that carries the hidden address where there is no dialog (`th_contact_encode_param`). */
  readonly contactParam: string;
  /** XOR-ed over it (`th_contact_encode_passwd`). */
  readonly contactPassword: string;
  /** How it is written (`th_contact_encode_scheme`). */
  readonly contactScheme: "base64" | "base32";
  /** URI parameters of the party's Contact that are shown to the other side (`th_passed_contact_uri_params`). */
  readonly passedUriParams: readonly string[];
  /** Header parameters of the same (`th_passed_contact_params`). */
  readonly passedParams: readonly string[];
  /** Names of the dialog's values with the users to show (`th_contact_caller_username_var` and its kin). */
  readonly callerUserValue: string;
  readonly calleeUserValue: string;
}

/** The defaults, which are the reference's. */
export const TOPOLOGY_DEFAULTS: TopologySettings = Object.freeze({
  callIdPrefix: "DLGCH_",
  callIdPassword: "OpenSIPS",
  callIdLoopProtection: false,
  contactParam: "thinfo",
  contactPassword: "ToPoCtPaSS",
  contactScheme: "base64",
  passedUriParams: [],
  passedParams: [],
  callerUserValue: "_th_contact_caller_username_var_",
  calleeUserValue: "_th_contact_callee_username_var_",
});

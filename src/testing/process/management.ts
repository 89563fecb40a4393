// A client of the management interface: JSON-RPC 2.0 over HTTP.

/** An answer that is an error. */
export class ManagementError extends Error {
  override readonly name = "ManagementError";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Speaks to one process. */
export class Management {
  readonly #url: string;
  #id = 0;

  /** @param at - `host:port` */
  constructor(at: string) {
    this.#url = `http://${at}/mi`;
  }

  /**
   * Runs a command.
   * @throws ManagementError when the command says no
   */
  async run(method: string, params?: object): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: ++this.#id, method, ...(params === undefined ? {} : { params }) });
    const response = await fetch(this.#url, { method: "POST", headers: { "content-type": "application/json" }, body });
    const answer = (await response.json()) as { result?: unknown; error?: { code: number; message: string } };
    if (answer.error !== undefined) throw new ManagementError(answer.error.code, answer.error.message);
    return answer.result;
  }

  /** Numbers by their full names. */
  async statistics(names: readonly string[]): Promise<Readonly<Record<string, number>>> {
    return (await this.run("get_statistics", [names])) as Record<string, number>;
  }

  /** Every dialog in memory, ended ones included, with values and profiles. */
  async dialogs(): Promise<readonly ListedDialog[]> {
    const result = (await this.run("dlg_list_ctx")) as { readonly Dialogs: readonly ListedDialog[] };
    return result.Dialogs;
  }
}

/** One dialog as `dlg_list_ctx` shows it; only what the scenarios look at. */
export interface ListedDialog {
  readonly ID: string;
  readonly state: number;
  readonly timestart: number;
  readonly timeout: number;
  readonly callid: string;
  readonly from_uri: string;
  readonly to_uri: string;
  readonly caller_tag: string;
  readonly caller_contact: string;
  readonly callee_cseq: string;
  readonly caller_bind_addr: string;
  readonly caller_sdp?: string;
  readonly CALLEES: readonly {
    readonly callee_tag: string;
    readonly callee_contact: string;
    readonly caller_cseq: string;
    readonly callee_bind_addr: string | null;
    readonly callee_sdp?: string;
  }[];
  readonly context?: {
    readonly values?: readonly Readonly<Record<string, string>>[];
    readonly profiles?: readonly Readonly<Record<string, string>>[];
  };
}

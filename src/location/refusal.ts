// Why a REGISTER is refused, and what its answer says (side-modules 3.4).

const PHRASES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  420: "Bad Extension",
  500: "Server Internal Error",
  503: "Service Unavailable",
};

/** A refusal. */
export class Refusal {
  readonly status: 400 | 420 | 500 | 503;
  /** `P-Registrar-Error`. */
  readonly error: string;

  constructor(status: 400 | 420 | 500 | 503, error: string) {
    this.status = status;
    this.error = error;
  }

  get reason(): string {
    return PHRASES[this.status] ?? "";
  }
}

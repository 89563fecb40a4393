// What a command answers when it does not do what it was asked for (MI-4).

/** An error reply. Codes below 0 are JSON-RPC's, codes above 0 speak SIP's language. */
export class MiError {
  readonly code: number;
  readonly message: string;
  readonly data: string | undefined;

  constructor(code: number, message: string, data?: string) {
    this.code = code;
    this.message = message;
    this.data = data;
  }
}

/** A command's own refusal: a SIP-like status and a text. */
export function fail(code: number, message: string, data?: string): MiError {
  return new MiError(code, message, data);
}

export function parseError(): MiError {
  return new MiError(-32700, "Parse error");
}
export function invalidRequest(data?: string): MiError {
  return new MiError(-32600, "Invalid Request", data);
}
export function methodNotFound(): MiError {
  return new MiError(-32601, "Method not found");
}
export function invalidParams(data?: string): MiError {
  return new MiError(-32602, "Invalid params", data);
}
export function internalError(): MiError {
  return new MiError(-32603, "Internal error");
}
export function serverError(data: string): MiError {
  return new MiError(-32000, "Server error", data);
}
export function ambiguousMethod(names: readonly string[]): MiError {
  return new MiError(-32001, "Method ambiguous", `supported names: ${names.join(", ")}`);
}

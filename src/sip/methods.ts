// Method names. The known ones come out as shared constants, so that comparing them is comparing pointers.

/** The methods this proxy knows by name; any other token is treated as a non-INVITE request (M-9). */
export const METHODS = [
  "INVITE",
  "ACK",
  "CANCEL",
  "BYE",
  "OPTIONS",
  "REGISTER",
  "PRACK",
  "UPDATE",
  "SUBSCRIBE",
  "NOTIFY",
  "PUBLISH",
  "MESSAGE",
  "INFO",
  "REFER",
] as const;

/** The method between two offsets; the caller has checked that it is a token. Case-sensitive (RFC 3261 §7.1). */
export function methodAt(text: string, from: number, end: number): string {
  const name = text.slice(from, end);
  switch (text.charCodeAt(from)) {
    case 73:
      return name === "INVITE" ? "INVITE" : name === "INFO" ? "INFO" : name;
    case 65:
      return name === "ACK" ? "ACK" : name;
    case 66:
      return name === "BYE" ? "BYE" : name;
    case 67:
      return name === "CANCEL" ? "CANCEL" : name;
    case 79:
      return name === "OPTIONS" ? "OPTIONS" : name;
    case 80:
      return name === "PRACK" ? "PRACK" : name === "PUBLISH" ? "PUBLISH" : name;
    case 82:
      return name === "REGISTER" ? "REGISTER" : name === "REFER" ? "REFER" : name;
    default:
      return name;
  }
}

/** Whether the method is one of `METHODS`. */
export function isKnownMethod(method: string): boolean {
  return (METHODS as readonly string[]).includes(method);
}

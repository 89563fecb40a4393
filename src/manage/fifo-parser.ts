// The wire of the named pipe (MQ-2): `:<reply name>:<json>`, no end mark, anything between two requests is passed over.

/** One request as it was written. */
export interface FifoRequest {
  /** "" when no reply is wanted. */
  readonly replyName: string;
  /** JSON, one character for each byte. */
  readonly json: string;
}

/** Longest request, and longest reply name. */
const MAX_REQUEST = 65_536;
const MAX_NAME = 128;
/** Most blanks between the name and its request. */
const MAX_GAP = 64;

/** Cuts what comes in pieces into requests; linear in what comes. */
export class FifoParser {
  #text = "";
  /** Where the search goes on. */
  #at = 0;
  #depth = 0;
  #isInString = false;
  /** Where the JSON of the request under way begins; −1 before. */
  #jsonAt = -1;
  #name = "";
  /** Requests thrown away because they were too long. */
  dropped = 0;

  /** Whether a request has begun and not ended. */
  get isWithin(): boolean {
    return this.#text !== "";
  }

  /** Forgets a request that was begun and never ended. */
  reset(): void {
    this.#forget(this.#text.length);
  }

  /** @param text - latin1 @returns the requests that are complete now */
  feed(text: string): readonly FifoRequest[] {
    this.#text += text;
    const requests: FifoRequest[] = [];
    for (;;) {
      if (this.#jsonAt < 0 && !this.#findStart()) break;
      const end = this.#findEnd();
      if (end < 0) break;
      requests.push({ replyName: this.#name, json: this.#text.slice(this.#jsonAt, end) });
      this.#forget(end);
    }
    if (this.#text.length > MAX_REQUEST) {
      this.dropped++;
      this.#forget(this.#text.length);
    }
    return requests;
  }

  /** Goes on to the brace that opens the JSON. @returns whether it is there */
  #findStart(): boolean {
    for (;;) {
      const start = this.#text.indexOf(":");
      if (start < 0) {
        this.#forget(this.#text.length);
        return false;
      }
      this.#forget(start);
      const second = this.#text.indexOf(":", 1);
      if (second < 0) {
        if (this.#text.length > MAX_NAME + 1) this.#forget(1);
        else return false;
        continue;
      }
      let at = second + 1;
      while (isBlank(this.#text.charCodeAt(at))) at++;
      const isGap = at - second > MAX_GAP;
      if (at === this.#text.length && !isGap) return false;
      const code = this.#text.charCodeAt(at);
      if (isGap || second > MAX_NAME + 1 || (code !== 0x7b && code !== 0x5b)) {
        this.#forget(1); // no request: it may begin at the next colon
        continue;
      }
      this.#name = this.#text.slice(1, second);
      this.#jsonAt = at;
      this.#at = at;
      return true;
    }
  }

  /** @returns where the JSON ends (exclusive), −1 when it goes on */
  #findEnd(): number {
    const text = this.#text;
    for (; this.#at < text.length; this.#at++) {
      const code = text.charCodeAt(this.#at);
      if (this.#isInString) {
        if (code === 0x5c) {
          if (this.#at + 1 === text.length) return -1; // what is escaped has not come yet
          this.#at++;
        } else if (code === 0x22) this.#isInString = false;
      } else if (code === 0x22) this.#isInString = true;
      else if (code === 0x7b || code === 0x5b) this.#depth++;
      else if (code === 0x7d || code === 0x5d) {
        this.#depth--;
        if (this.#depth === 0) return this.#at + 1;
      }
    }
    return -1;
  }

  #forget(count: number): void {
    this.#text = this.#text.slice(count);
    this.#at = 0;
    this.#depth = 0;
    this.#isInString = false;
    this.#jsonAt = -1;
    this.#name = "";
  }
}

/** Whether a reply may go to a pipe of this name: nothing that leads out of its folder (MQ-3). */
export function isReplyName(name: string): boolean {
  if (name === "" || name.length > MAX_NAME) return false;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    // dots, slashes, backslashes and what cannot be seen
    if (code <= 0x20 || code >= 0x7f || code === 0x2e || code === 0x2f || code === 0x5c) return false;
  }
  return true;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

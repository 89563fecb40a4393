// Progress on a terminal: one line that is written over, on standard error, and nothing where nobody looks.

const EVERY_MS = 100;

/** Shows how many rows of calls were read. @returns undefined where there is no terminal */
export function terminalProgress(stream: NodeJS.WriteStream = process.stderr): ((done: number, total: number) => void) | undefined {
  if (!stream.isTTY) return undefined;
  let shownAt = 0;
  return (done, total) => {
    const isLast = done >= total;
    const now = performance.now();
    if (!isLast && now - shownAt < EVERY_MS) return;
    shownAt = now;
    const percent = total === 0 ? 100 : Math.floor((done * 100) / total);
    stream.write(
      `\r  Calls from the database: ${done.toLocaleString("en")} of ${total.toLocaleString("en")} (${percent} %)${isLast ? "\n" : ""}`,
    );
  };
}

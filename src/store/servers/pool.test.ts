import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreError } from "../ports.ts";
import { SessionPool } from "./pool.ts";
import type { Session } from "./session.ts";

class FakeSession implements Session {
  readonly identity = "";
  isUsable = true;
  isDestroyed = false;
  transact(): Promise<void> {
    return Promise.resolve();
  }
  async *select(): AsyncGenerator<never> {}
  fence(): Promise<void> {
    return Promise.resolve();
  }
  close(): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }
  destroy(): void {
    this.isUsable = false;
    this.isDestroyed = true;
  }
}

function bench(size: number) {
  const opened: FakeSession[] = [];
  const state = { isAway: false };
  const open = async (): Promise<Session> => {
    if (state.isAway) throw new StoreError("away", "no server");
    const session = new FakeSession();
    opened.push(session);
    return session;
  };
  return { pool: new SessionPool(open, size, 60_000), opened, state };
}
const isAway = (error: unknown): boolean => error instanceof StoreError && error.fault === "away";

test("a connection is used again; one that broke is replaced", async () => {
  const { pool, opened } = bench(2);
  const first = await pool.acquire();
  pool.release(first);
  assert.equal(await pool.acquire(), first);
  first.destroy();
  pool.release(first);
  const second = await pool.acquire();
  assert.notEqual(second, first);
  pool.release(second);
  second.destroy(); // while nobody looks
  assert.notEqual(await pool.acquire(), second);
  assert.equal(opened.length, 3);
});

test("who finds all in use waits in line, and gets them in order", async () => {
  const { pool, opened } = bench(1);
  const first = await pool.acquire();
  const order: string[] = [];
  const a = pool.acquire().then((session) => {
    order.push("a");
    return session;
  });
  const b = pool.acquire().then((session) => {
    order.push("b");
    return session;
  });
  pool.release(first);
  assert.equal(await a, first);
  first.destroy();
  pool.release(first);
  assert.notEqual(await b, first);
  assert.deepEqual(order, ["a", "b"]);
  assert.equal(opened.length, 2);
});

test("a failed attempt costs nobody behind it their place", async () => {
  const { pool, state } = bench(1);
  const first = await pool.acquire();
  const waiting = [pool.acquire(), pool.acquire()];
  state.isAway = true;
  first.destroy();
  pool.release(first);
  for (const one of waiting) await assert.rejects(one, isAway);
  state.isAway = false;
  assert.ok((await pool.acquire()).isUsable);
});

test("closing drops those in use and turns away those in line", async () => {
  const { pool } = bench(1);
  const first = await pool.acquire();
  const waiting = pool.acquire();
  const closing = pool.close();
  await assert.rejects(waiting, isAway);
  await closing;
  assert.equal(first.isUsable, false);
  pool.release(first);
  await assert.rejects(pool.acquire(), isAway);
});

// Randomness is handed in: from the system's generator in the shell, from a seed in tests.

/** A source of random numbers. Tags, Call-IDs and secrets come from it too, so the shell's must be cryptographic. */
export interface Random {
  /** Uniform in 0 … 2³²−1. */
  uint32(): number;
}

const HEX = "0123456789abcdef";

/** `count` random lower-case hex digits. */
export function randomHex(random: Random, count: number): string {
  let out = "";
  let bits = 0;
  let left = 0;
  for (let i = 0; i < count; i++) {
    if (left === 0) {
      bits = random.uint32();
      left = 8;
    }
    out += HEX[bits & 15];
    bits >>>= 4;
    left--;
  }
  return out;
}

/** Uniform in [0, 1). */
export function randomUnit(random: Random): number {
  return random.uint32() / 0x1_0000_0000;
}

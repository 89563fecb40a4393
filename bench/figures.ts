// The few statistics that the bench needs: medians of runs, percentiles of samples, the trend of a series.

/** Several runs of one measurement: their median and their extremes. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly runs: number;
}

/**
 * The value below which `share` of the samples lie (nearest rank).
 * @param sorted - ascending; `NaN` for an empty series
 * @param share - 0 to 1
 */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  const rank = Math.ceil(share * sorted.length) - 1;
  return sorted[Math.max(0, Math.min(sorted.length - 1, rank))] ?? Number.NaN;
}

/** The middle of some numbers; the mean of the middle two when they are even in number; `NaN` for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? Number.NaN)) / 2;
}

/** Median and extremes of several runs. Values that are not finite (a run that failed) are left out and not counted. */
export function spread(values: readonly number[]): Spread {
  const usable = values.filter((value) => Number.isFinite(value));
  return { median: median(usable), low: Math.min(...usable), high: Math.max(...usable), runs: usable.length };
}

/**
 * Least-squares slope of a series: how much y grows for one x.
 * @returns 0 for fewer than two points or when all x are equal
 */
export function slope(points: readonly { readonly x: number; readonly y: number }[]): number {
  const n = points.length;
  const meanX = points.reduce((sum, p) => sum + p.x, 0) / n;
  const meanY = points.reduce((sum, p) => sum + p.y, 0) / n;
  let above = 0;
  let below = 0;
  for (const { x, y } of points) {
    above += (x - meanX) * (y - meanY);
    below += (x - meanX) ** 2;
  }
  return below > 0 ? above / below : 0;
}

/**
 * The value of a growing counter at an instant between its samples, by straight line.
 * @param samples - ascending in `at`
 * @returns the first or last value outside the samples; `NaN` without any
 */
export function valueAt(samples: readonly { readonly at: number; readonly count: number }[], at: number): number {
  let before = samples[0];
  if (before === undefined) return Number.NaN;
  for (const next of samples) {
    if (next.at >= at) {
      const span = next.at - before.at;
      return span > 0 ? before.count + ((next.count - before.count) * (at - before.at)) / span : next.count;
    }
    before = next;
  }
  return before.count;
}

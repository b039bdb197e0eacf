// What every client is told by the test that starts it, and how it reports: one JSON line on standard output at the end.
export const url = process.env.CUSTODIET_URL;
export const token = process.env.CUSTODIET_TOKEN;
export const count = Number(process.env.COUNT ?? 1000);
export const batch = Number(process.env.BATCH ?? 100);

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Numbers from 0 in batches. */
export function* batches() {
  for (let first = 0; first < count; first += batch) {
    yield Array.from({ length: Math.min(batch, count - first) }, (_, index) => first + index);
  }
}

export function report(result) {
  process.stdout.write(JSON.stringify(result) + "\n");
}

// The official client of Elasticsearch: its own bulk helper, and bulk requests that are repeated until they are answered.
import { Client } from "@elastic/elasticsearch";
import { batches, count, pause, report, token, url } from "./environment.mjs";

const client = new Client({ node: url, auth: { apiKey: token }, maxRetries: 2, requestTimeout: 10000 });
/** Until it is answered: the product may be away just now. */
async function answered(request) {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (error.meta?.statusCode >= 400 && error.meta.statusCode < 429) throw error;
      await pause(100);
    }
  }
}

/** The helper never settles when the product is killed at certain moments: then it is asked again. */
async function within(milliseconds, request) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([request, late]);
  } finally {
    clearTimeout(timer);
  }
}

const info = await answered(() => client.info());
const helped = await answered(() =>
  within(
    15000,
    client.helpers.bulk({
      datasource: Array.from({ length: 100 }, (_, number) => ({ helper: number })),
      onDocument: () => ({ create: { _index: "logs-helper" } }),
    }),
  ),
);
let acknowledged = 0;
for (const numbers of batches()) {
  const operations = numbers.flatMap((number) => [
    { create: { _index: "logs-app" } },
    { "@timestamp": "2026-03-02T08:16:00Z", text: `number=${number} of a stream` },
  ]);
  const answer = await answered(async () => {
    const items = await client.bulk({ operations });
    // A full queue rejects all of a request's items with 429.
    if (items.errors) throw new Error(JSON.stringify(items.items));
    return items;
  });
  acknowledged += answer.items.filter((item) => item.create.status === 201).length;
}
report({ version: info.version.number, helped: helped.successful, dropped: helped.failed, acknowledged, count });

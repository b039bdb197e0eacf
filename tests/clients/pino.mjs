// pino with its transport for Elasticsearch.
import pino from "pino";
import pinoElastic from "pino-elasticsearch";
import { count, report, token, url } from "./environment.mjs";

const transport = pinoElastic({ index: "logs-pino", node: url, auth: { apiKey: token }, esVersion: 8, flushBytes: 4096 });
let inserted = 0;
const errors = [];
transport.on("insert", (stats) => (inserted += stats.successful));
transport.on("insertError", (error) => errors.push(String(error)));
transport.on("error", (error) => errors.push(String(error)));
const logger = pino({ level: "info" }, transport);
for (let number = 0; number < count; number++) {
  logger.info({ user: "mia" }, `number=${number} by pino`);
}
await new Promise((resolve) => {
  transport.on("finish", resolve);
  transport.on("close", resolve);
  transport.end();
  setTimeout(resolve, 15000).unref();
});
for (let wait = 0; wait < 100 && inserted < count && errors.length === 0; wait++) {
  await new Promise((resolve) => setTimeout(resolve, 100));
}
report({ inserted, errors });
process.exit(0);

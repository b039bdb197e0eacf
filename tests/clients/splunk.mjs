// Splunk's logging library for JavaScript.
import splunk from "splunk-logging";
import { count, report, token, url } from "./environment.mjs";

const logger = new splunk.Logger({ token, url, maxBatchCount: 0, maxRetries: 3 });
const errors = [];
const codes = {};
logger.error = (error) => errors.push(String(error));
for (let first = 0; first < count; first += 50) {
  for (let number = first; number < first + 50; number++) {
    logger.send({
      message: { text: `number=${number} by splunk-logging` },
      metadata: { host: "ws-1", source: "test", sourcetype: "_json", index: "main", time: 1772439360 + number },
      severity: "info",
    });
  }
  await new Promise((resolve) =>
    logger.flush((error, _response, body) => {
      if (error) errors.push(String(error));
      codes[body?.code] = (codes[body?.code] ?? 0) + 1;
      resolve();
    }),
  );
}
report({ codes, errors });

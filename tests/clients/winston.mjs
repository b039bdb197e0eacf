// winston with its HTTP transport, in batches, to the product's own events API.
import winston from "winston";
import { count, pause, report, token, url } from "./environment.mjs";

const { hostname, port } = new URL(url);
const transport = new winston.transports.Http({
  host: hostname,
  port,
  path: "/api/v1/events",
  auth: { bearer: token },
  batch: true,
  batchCount: 50,
  batchInterval: 200,
});
const warnings = [];
transport.on("warn", (warning) => warnings.push(String(warning)));
const logger = winston.createLogger({ format: winston.format.timestamp(), transports: [transport] });
let logged = 0;
transport.on("logged", () => logged++);
for (let number = 0; number < count; number++) {
  logger.info(`number=${number} by winston`, { host: "ws-1" });
}
for (let wait = 0; wait < 100 && logged < count / 50; wait++) await pause(100);
report({ logged, warnings });
process.exit(0);

// The OpenTelemetry SDK for JavaScript with its OTLP exporters: protobuf or JSON, gzip or plain.
import { LoggerProvider, BatchLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { OTLPLogExporter as JsonExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtoExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { count, report, token, url } from "./environment.mjs";

const Exporter = process.env.ENCODING === "json" ? JsonExporter : ProtoExporter;
const exporter = new Exporter({
  url: `${url}v1/logs`,
  headers: { Authorization: `Bearer ${token}` },
  compression: process.env.COMPRESSION ?? "none",
});
const results = [];
const send = exporter.export.bind(exporter);
exporter.export = (records, done) =>
  send(records, (result) => {
    results.push({ records: records.length, code: result.code, error: result.error && String(result.error) });
    done(result);
  });
const provider = new LoggerProvider({
  resource: resourceFromAttributes({ "service.name": "shop", "host.name": "app-1" }),
  processors: [new BatchLogRecordProcessor({ exporter, maxExportBatchSize: 200, maxQueueSize: count })],
});
const logger = provider.getLogger("my.library", "1.2.3");
for (let number = 0; number < count; number++) {
  logger.emit({
    severityNumber: SeverityNumber.WARN,
    severityText: "WARN",
    body: number % 2 === 0 ? `number=${number} by opentelemetry` : { text: `number=${number} in a map`, level: { deep: [1, 2.5, true] } },
    attributes: { "user.name": "mia", tries: 3 },
  });
}
await provider.forceFlush();
await provider.shutdown();
report({ exported: results.filter((r) => r.code === 0).reduce((sum, r) => sum + r.records, 0), failed: results.filter((r) => r.code !== 0) });

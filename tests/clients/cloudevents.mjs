// The CloudEvents SDK for JavaScript: binary, structured and batched.
import { CloudEvent, HTTP, emitterFor, httpTransport, Mode } from "cloudevents";
import { count, report, token, url } from "./environment.mjs";

const address = `${url}api/v1/cloudevents`;
// The specification has header values percent-encoded, which this SDK leaves to its caller.
const make = (number, subject = "größe") =>
  new CloudEvent({
    type: "order.made",
    source: "/shop",
    subject,
    time: "2026-03-02T08:16:00Z",
    data: { text: `number=${number} by cloudevents` },
  });
const statuses = {};
async function post(message) {
  const headers = { ...message.headers, Authorization: `Bearer ${token}` };
  const answer = await fetch(address, { method: "POST", headers, body: message.body });
  statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
}
for (let number = 0; number < count; number++) {
  await post(number % 2 === 0 ? HTTP.binary(make(number, encodeURIComponent("größe"))) : HTTP.structured(make(number)));
}
const emit = emitterFor(httpTransport(address), { mode: Mode.STRUCTURED });
const emitted = await emit(make(count), { headers: { Authorization: `Bearer ${token}` } });
report({ statuses, emitted: Boolean(emitted) });

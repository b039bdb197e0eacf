// The SQL editor: Ctrl+Enter runs what stands in it.
import { onKey } from "./keys.js";

export function startData() {
  onKey((name, event) => {
    if (name !== "Ctrl+Enter" || event.target.id !== "sql") return false;
    event.target.form.requestSubmit();
  }, { whileTyping: true });
}

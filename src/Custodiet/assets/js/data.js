// The SQL editor: Ctrl+Enter runs, a click on an example or a view puts it into the editor.
import { onKey } from "./keys.js";

export function startData() {
  const editor = document.getElementById("sql");
  if (!editor) return;
  onKey((name, event) => {
    if (name !== "Ctrl+Enter" || event.target !== editor) return false;
    editor.form.requestSubmit();
  }, { whileTyping: true });
}

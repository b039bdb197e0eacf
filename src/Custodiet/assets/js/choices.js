// Pages that offer acts by key name the key on the button: one press is one click.
import { onKey } from "./keys.js";

export function startChoices() {
  onKey((name, event) => {
    if (name === "Enter" && event.target.closest?.("a,button,summary,label")) return false;
    if (document.getElementById("tray") && /^[0-9]$/.test(name)) return false;
    const wanted = [...document.querySelectorAll("main [data-key]")].find(e => e.dataset.key === name && !e.disabled);
    if (!wanted) return false;
    wanted.click();
  });
}

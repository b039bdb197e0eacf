// One listener for all keys of a page. Keys are ignored while somebody types, except those bound with `whileTyping`.
const bindings = [];

export const typing = target =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) ||
    (target.tagName === "INPUT" && !/^(checkbox|radio|button|submit)$/.test(target.type)));

export const nameOf = event => {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  parts.push(event.key === " " ? "Space" : event.key);
  return parts.join("+");
};

/** Binds a handler that may decline a key by returning false; later bindings are asked first. */
export function onKey(handler, { whileTyping = false } = {}) {
  bindings.unshift({ handler, whileTyping });
}

addEventListener("keydown", event => {
  if (event.defaultPrevented || event.isComposing) return;
  const name = nameOf(event);
  const isTyping = typing(event.target);
  const dialog = document.querySelector("dialog[open]");
  for (const { handler, whileTyping } of bindings) {
    if (isTyping && !whileTyping) continue;
    if (dialog && !whileTyping) continue;
    if (handler(name, event) !== false) {
      event.preventDefault();
      return;
    }
  }
});

export function say(text, ok = false) {
  const toasts = document.getElementById("toasts");
  if (!toasts) return;
  const line = document.createElement("div");
  line.className = ok ? "toast-line ok" : "toast-line";
  line.textContent = text;
  toasts.append(line);
  setTimeout(() => line.remove(), ok ? 4000 : 9000);
}

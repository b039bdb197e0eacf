// The frame around every page: theme, help, palette, going places, and what to do when a request fails.
import { onKey, say, typing } from "./keys.js";

const places = { h: "home", q: "queue", c: "cases", s: "sources", a: "analytics", d: "data", l: "ledger", b: "balance", t: "storage" };
let going = 0;

function toggleTheme() {
  const next = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
  document.documentElement.dataset.bsTheme = next;
  localStorage.setItem("theme", next);
  document.dispatchEvent(new CustomEvent("custodiet:theme"));
}

function open(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return;
  document.querySelector("dialog[open]")?.close();
  dialog.showModal();
}

// The palette is looked up anew each time: going back makes htmx replace the whole body.
const palette = () => document.getElementById("palette");
let marked = 0;
const shown = () => [...palette().querySelectorAll("li:not([hidden])")];
const mark = () => shown().forEach((item, i) => item.classList.toggle("on", i === marked));

function narrow() {
  const typed = palette().querySelector("input").value.trim();
  const number = /^#?(\d+)$/.exec(typed)?.[1];
  for (const item of palette().querySelectorAll("li[data-place]")) {
    item.hidden = number !== undefined || !item.textContent.toLowerCase().includes(typed.toLowerCase());
  }
  for (const item of palette().querySelectorAll("li[data-number-path]")) {
    item.hidden = number === undefined;
    item.querySelector("a").href = item.dataset.numberPath + (number ?? "");
    item.querySelector(".what").textContent = `${item.dataset.label} ${number ?? ""}`;
  }
  const search = palette().querySelector("li[data-search-path]");
  search.hidden = typed === "" || number !== undefined;
  search.querySelector("a").href = search.dataset.searchPath + encodeURIComponent(typed);
  search.querySelector(".what").textContent = `Alerts whose title contains “${typed}”`;
  palette().querySelectorAll("li").forEach(item => item.classList.remove("on"));
  marked = 0;
  mark();
}

function openPalette() {
  if (!palette()) return;
  const input = palette().querySelector("input");
  input.value = "";
  narrow();
  open("palette");
  input.focus();
}

function onPaletteKey(event) {
  const list = shown();
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    marked = (marked + (event.key === "ArrowDown" ? 1 : list.length - 1)) % Math.max(1, list.length);
    mark();
    list[marked]?.scrollIntoView({ block: "nearest" });
    event.preventDefault();
  } else if (event.key === "Enter") {
    list[marked]?.querySelector("a").click();
    event.preventDefault();
  }
}

function act(name) {
  if (name === "theme") toggleTheme();
  if (name === "help") open("help");
  if (name === "palette") openPalette();
  if (name === "close") document.querySelector("dialog[open]")?.close();
}

export function startFrame() {
  document.addEventListener("click", event => {
    const button = event.target.closest?.("[data-act]");
    if (button) act(button.dataset.act);
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    if (event.target instanceof HTMLDialogElement) event.target.close();
  });
  document.addEventListener("click", async event => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    // Over plain HTTP browsers offer no clipboard, except on the machine itself.
    if (!navigator.clipboard) return say("This browser copies over HTTPS only.");
    await navigator.clipboard.writeText(button.dataset.copy);
    say("Copied.", true);
  });
  document.addEventListener("change", event => {
    if (event.target.matches?.("[data-submit-on-change]")) event.target.form.requestSubmit();
  });
  document.addEventListener("input", event => event.target.closest?.("#palette") && narrow());
  document.addEventListener("keydown", event => event.target.closest?.("#palette") && onPaletteKey(event));

  onKey((name, event) => {
    if (name === "Ctrl+k") return act("palette");
    if (name === "Escape" && typing(event.target) && !event.target.closest("dialog")) return event.target.blur();
    return false;
  }, { whileTyping: true });
  onKey((name, event) => {
    const now = event.timeStamp;
    if (going && now - going < 1500 && places[name]) {
      going = 0;
      const link = document.querySelector(`[data-place="${places[name]}"] a, a[data-place="${places[name]}"]`);
      if (link) location.assign(link.href);
      return;
    }
    going = 0;
    if (name === "g") going = now;
    else if (name === "?") act("help");
    else if (name === "/") {
      const first = document.querySelector("[data-filter]");
      if (!first) return false;
      first.focus();
      first.select?.();
    } else return false;
  });

  const failed = event => {
    const { ctx, error } = event.detail ?? {};
    if (ctx?.sourceElement?.hasAttribute?.("hx-sse:connect")) return;
    if (ctx?.response?.status === 401) return;
    const told = ctx?.response?.headers?.get?.("X-Problem");
    say(told ? decodeURIComponent(told) : ctx?.response ? `The server answered ${ctx.response.status}. Nothing was changed.` : `No answer from the server${error ? "" : ""}. Nothing was changed.`);
  };
  document.addEventListener("htmx:response:error", failed);
  document.addEventListener("htmx:error", failed);
}

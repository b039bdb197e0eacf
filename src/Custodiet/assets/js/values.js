// The menu of a field's value: what can be searched with it, by mouse, by keyboard and by the context-menu key.
// Each item is a link, so that it can be opened elsewhere, too.
import { onKey } from "./keys.js";

// A longer address would be refused by servers on the way.
const addressMax = 6000;

let opener = null;

const menu = () => document.getElementById("value-menu");
const items = () => [...menu().querySelectorAll("[role=menuitem]:not([hidden])")];

/** Where the items lead: the search that the value stands in, narrowed by it, or a new one. */
function addresses(link) {
  const { field, events } = link.dataset;
  const value = link.textContent;
  const base = new URLSearchParams(link.closest("[data-search]").dataset.search);
  const to = (query, name, text) => {
    const next = new URLSearchParams(query);
    next.append(name, text);
    return `/data?${next}`;
  };
  const rows = new URLSearchParams(base);
  rows.delete("by");
  const fresh = new URLSearchParams({ in: base.get("in") });
  return {
    include: to(rows, `is.${field}`, value),
    exclude: to(rows, `not.${field}`, value),
    only: to(fresh, `is.${field}`, value),
    group: to(rows, "by", field),
    pivot: events ? to("in=events", `is.${field}`, value) : null,
  };
}

function close(back = true) {
  if (!opener) return;
  menu().hidePopover();
  if (back) opener.focus({ preventScroll: true });
  opener.removeAttribute("aria-expanded");
  opener = null;
}

function open(link) {
  close(false);
  opener = link;
  const leads = addresses(link);
  for (const item of menu().querySelectorAll("a[data-value-act]")) {
    const address = leads[item.dataset.valueAct];
    item.hidden = !address || address.length > addressMax;
    if (address) item.href = address;
  }
  menu().querySelector("[data-copy]").dataset.copy = link.textContent;
  document.getElementById("value-menu-title").textContent = link.dataset.field.replace(/^fields\./, "");
  menu().showPopover();
  link.setAttribute("aria-expanded", "true");
  const at = link.getBoundingClientRect();
  const size = menu().getBoundingClientRect();
  const below = at.bottom + 4 + size.height <= innerHeight;
  menu().style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
  menu().style.top = `${Math.max(8, below ? at.bottom + 4 : at.top - 4 - size.height)}px`;
  items()[0].focus({ preventScroll: true });
}

function onMenuKey(name) {
  if (!opener) return false;
  const list = items();
  const place = list.indexOf(document.activeElement);
  const go = to => list[(to + list.length) % list.length].focus();
  const step = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: -1 }[name];
  if (step !== undefined) return go(step);
  if (name === "Escape" || name === "Tab") return close();
  // The browser follows the link or presses the button.
  if (name === "Enter" || name === "Space") return document.activeElement.click();
  list.find(item => item.dataset.letter === name)?.click();
}

export function startValues() {
  const valueOf = event => event.target.closest?.("[data-search] a.value");
  document.addEventListener("click", event => {
    if (event.target.closest?.("#value-menu")) return close(event.target.closest("button") !== null);
    const link = valueOf(event);
    close(false);
    // With a modifier it stays the link that it is.
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    open(link);
  });
  document.addEventListener("contextmenu", event => {
    const link = valueOf(event);
    if (!link || event.shiftKey && event.button === 2) return;
    event.preventDefault();
    open(link);
  });
  addEventListener("scroll", () => close(), { passive: true, capture: true });
  addEventListener("resize", () => close());
  onKey(onMenuKey);
}

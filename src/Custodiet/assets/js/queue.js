// The queue and the alert page by keyboard: moving, taking, judging, correcting, previewing.
// A verdict is never preselected: every part of it is a key that somebody pressed.
import { onKey, say } from "./keys.js";

const rowsOf = () => [...document.querySelectorAll("#rows > tr:not(.leaving)")];
const single = () => document.querySelector("[data-current]");
const here = () => document.querySelector("#rows > tr.here:not(.leaving)");
const numberOf = element => element.dataset.number ?? element.dataset.current;

let bulk = false;
let at = null; // number of the row that the keyboard is on, also while the row is being replaced
let previewTimer = 0;

function stand(row, focus = true) {
  document.querySelectorAll("#rows > tr.here").forEach(r => r !== row && r.classList.remove("here"));
  if (!row) return;
  row.classList.add("here");
  at = numberOf(row);
  if (focus) row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  if (document.getElementById("queue")?.classList.contains("with-preview")) {
    clearTimeout(previewTimer);
    previewTimer = setTimeout(() => showPreview(row), 120);
  }
}

function move(step) {
  const rows = rowsOf();
  if (rows.length === 0) return;
  const place = rows.indexOf(here());
  stand(rows[place < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, place + step))]);
  draw();
}

const targetOf = element => ({ number: numberOf(element), seen: element.dataset.verdict ?? "" });
const picked = () => rowsOf().filter(row => row.querySelector("[name=pick]")?.checked);
function targets() {
  if (bulk) return picked();
  const one = here() ?? single();
  return one ? [one] : [];
}

function remember(number) {
  const url = new URL(location.href);
  if (number) url.searchParams.set("preview", number);
  else url.searchParams.delete("preview");
  history.replaceState(history.state, "", url);
}

async function showPreview(row) {
  const pane = document.getElementById("preview");
  const number = numberOf(row);
  pane.hidden = false;
  document.getElementById("queue").classList.add("with-preview");
  remember(number);
  await htmx.ajax("GET", `/queue/preview/${number}`, { target: "#preview", swap: "innerHTML" });
}

function hidePreview() {
  const pane = document.getElementById("preview");
  if (!pane || pane.hidden) return false;
  pane.hidden = true;
  document.getElementById("queue").classList.remove("with-preview");
  remember(null);
}

// The tray: one level of choices at a time.
// Targets are fixed by the first key: [{ number, seen }], where seen is the verdict that somebody looked at and corrects.
const tray = { level: 0, chosen: {}, targets: null, correcting: false };
const levels = ["verdict", "reason", "impact", "confidence"];
let choices = null;

function optionsOf(level) {
  if (level === "verdict") return choices.verdicts;
  if (level === "reason") return tray.chosen.verdict.reasons;
  if (level === "impact") return tray.chosen.verdict.impact ? choices.impacts : null;
  return choices.confidences;
}

function reset() {
  Object.assign(tray, { level: 0, chosen: {}, targets: null, correcting: false });
  draw();
}

function aboutWhat() {
  const list = tray.targets ?? targets().map(targetOf);
  const judged = list.length > 0 && list.every(t => t.seen);
  if (judged && document.getElementById("case")) return "Correcting the verdict on the case";
  if (judged) return `Correcting the verdict on ${list.length === 1 ? `alert ${list[0].number}` : `${list.length} alerts`}`;
  if (bulk) return `${list.length} selected alert${list.length === 1 ? "" : "s"}`;
  const one = here() ?? single();
  if (!one) return "No row selected: j moves to the first";
  return one.dataset.what ?? `Alert ${numberOf(one)}`;
}

function text(tag, content, className) {
  const element = document.createElement(tag);
  element.textContent = content;
  if (className) element.className = className;
  return element;
}

function draw() {
  const path = document.getElementById("tray-path");
  const box = document.getElementById("tray-options");
  if (!path || !box || !choices) return;
  path.replaceChildren(text("strong", aboutWhat()));
  for (const level of levels) {
    if (tray.chosen[level]) path.append(" › ", text("strong", tray.chosen[level].label));
  }
  const level = levels[tray.level];
  path.append(level === "verdict" ? ` › ${choices.text}` : ` › ${level}?`);
  if (tray.level > 0) path.append(" ", text("kbd", "Esc"), " back");
  const options = optionsOf(level) ?? [];
  box.replaceChildren(...options.map((option, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.option = i;
    if (option.hint) button.title = option.hint;
    if (i < 10) button.append(text("kbd", String((i + 1) % 10)));
    button.append(text("span", option.label));
    return button;
  }));
  const extras = document.getElementById("tray-extras");
  const offers = [];
  if (tray.level === 0 && !tray.correcting && document.getElementById("act-form")) {
    offers.push(["a", "take"], ["e", "escalate"]);
    if (document.getElementById("rows")) offers.push(["x", "select"], ["b", bulk ? "leave bulk" : "bulk"], ["u", "correct last"]);
  }
  extras.replaceChildren(...offers.map(([key, label]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.extra = key;
    button.append(text("kbd", key), text("span", label));
    return button;
  }));
}

function choose(i) {
  if (tray.level === 0 && !tray.targets) {
    const list = targets().map(targetOf);
    if (list.length === 0) return say(bulk ? "No alert is selected: x selects." : "No alert is selected: j moves to the first.");
    if (new Set(list.map(t => t.seen !== "")).size > 1) return say("Some of these have a verdict and some do not: select one kind.");
    tray.targets = list;
  }
  const option = (optionsOf(levels[tray.level]) ?? [])[i];
  if (!option) return;
  tray.chosen[levels[tray.level]] = option;
  do tray.level++;
  while (tray.level < levels.length && !optionsOf(levels[tray.level]));
  if (tray.level < levels.length) return draw();
  send();
}

function back() {
  if (tray.level > 0) {
    do tray.level--;
    while (tray.level > 0 && !optionsOf(levels[tray.level]));
    delete tray.chosen[levels[tray.level]];
    if (tray.level === 0 && !tray.correcting) tray.targets = null;
    return draw();
  }
  if (tray.correcting) return reset();
  if (bulk) {
    bulk = false;
    return draw();
  }
  return hidePreview();
}

function fill(boxId, name, values) {
  const inputs = values.map(value => {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    return input;
  });
  document.getElementById(boxId).append(...inputs);
}

function send() {
  const form = document.getElementById("verdict-form");
  const numbers = tray.targets.map(t => t.number);
  for (const level of levels) form.elements[level].value = tray.chosen[level]?.value ?? "";
  document.getElementById("verdict-alerts").replaceChildren();
  fill("verdict-alerts", "alert", numbers);
  fill("verdict-alerts", "seen", tray.targets.map(t => t.seen).filter(Boolean));
  if (document.getElementById("list")?.dataset.removes) leave(new Set(numbers));
  bulk = false;
  form.requestSubmit();
  reset();
}

/** Takes rows off the page before the server answers; an error brings them back. */
function leave(gone) {
  const rows = rowsOf();
  const place = Math.max(0, rows.indexOf(here()));
  const stays = row => !gone.has(numberOf(row));
  const next = rows.slice(place).find(stays) ?? rows.slice(0, place).reverse().find(stays);
  rows.filter(row => !stays(row)).forEach(row => row.classList.add("leaving"));
  stand(next);
}

function restore(event) {
  const { ctx } = event.detail ?? {};
  if (ctx?.sourceElement?.id !== "verdict-form") return;
  for (const number of ctx.request.body?.getAll?.("alert") ?? []) {
    document.getElementById(`a-${number}`)?.classList.remove("leaving");
  }
}

function act(formId, boxId, release) {
  const rows = targets();
  if (rows.length === 0) return say("No alert is selected: j moves to the first.");
  const form = document.getElementById(formId);
  if (!form) return say("Your role may read alerts, not work on them.");
  document.getElementById(boxId).replaceChildren();
  fill(boxId, "alert", rows.map(numberOf));
  if (form.elements.release) form.elements.release.value = release && rows.every(r => r.dataset.taken) ? "true" : "";
  form.requestSubmit();
}

function extra(key) {
  if (key === "a") act("act-form", "act-alerts", true);
  else if (key === "e") act("escalate-form", "escalate-alerts", false);
  else if (key === "x") {
    const box = here()?.querySelector("[name=pick]");
    if (!box) return say("No row is selected: j moves to the first.");
    box.checked = !box.checked;
    draw();
  } else if (key === "b") {
    if (!bulk && picked().length === 0) return say("No alert is selected: x selects.");
    bulk = !bulk;
    draw();
  } else if (key === "u") {
    const last = document.getElementById("tray-last")?.dataset;
    if (!last?.record) return say("Nothing was judged on this page yet.");
    const seen = last.numbers.split(" ").map(number => ({ number, seen: last.record }));
    Object.assign(tray, { level: 0, chosen: {}, targets: seen, correcting: true });
    draw();
  }
}

function refresh() {
  const link = new URL(location.href);
  link.searchParams.delete("after");
  location.assign(link);
}

function onQueueKey(name) {
  const rows = document.getElementById("rows");
  const judging = choices !== null && document.getElementById("tray") !== null;
  if (judging && /^[0-9]$/.test(name)) return choose((Number(name) + 9) % 10);
  if (name === "Escape") return judging ? back() : hidePreview();
  if (rows) {
    if (name === "j" || name === "ArrowDown") return move(1);
    if (name === "k" || name === "ArrowUp") return move(-1);
    if (name === "Home") return move(-1e6);
    if (name === "End") return move(1e6);
    if (name === "n") return document.querySelector("[data-next]")?.click();
    if (name === "r") return refresh();
    if ((name === "Enter" || name === "o") && here()?.dataset.href) {
      if (name === "Enter" && document.activeElement?.closest("a,button,summary")) return false;
      return location.assign(here().dataset.href);
    }
    if (name === "Space" && document.getElementById("preview")) {
      if (document.activeElement?.closest("a,button,summary,input")) return false;
      if (document.getElementById("preview").hidden) {
        if (!here()) move(1);
        if (here()) showPreview(here());
      } else hidePreview();
      return;
    }
  }
  if (judging && document.getElementById("act-form") && "aexbu".includes(name) && name.length === 1) {
    if (!rows && "xbu".includes(name)) return false;
    return extra(name);
  }
  return false;
}

function readChoices() {
  const block = document.getElementById("tray-choices");
  choices = block ? JSON.parse(block.textContent) : null;
}

export function startQueue() {
  if (!document.getElementById("rows") && !single()) return;
  readChoices();
  onKey(onQueueKey);
  document.addEventListener("click", event => {
    const option = event.target.closest?.("[data-option]");
    if (option) return choose(Number(option.dataset.option));
    const other = event.target.closest?.("[data-extra]");
    if (other) return extra(other.dataset.extra);
    const row = event.target.closest?.("#rows > tr");
    if (row && !event.target.closest("a,button")) {
      stand(row, event.target.name !== "pick");
      draw();
    }
  });
  document.addEventListener("focusin", event => {
    const row = event.target.closest?.("#rows > tr");
    if (row && !row.classList.contains("here")) stand(row, false);
    if (row) draw();
  });
  // The cursor is set when the request leaves, not when the key was pressed: queued verdicts would fetch the same rows.
  document.addEventListener("htmx:before:request", event => {
    const { request, sourceElement } = event.detail.ctx;
    if (sourceElement.id === "verdict-form") request.body.set("after", document.getElementById("more")?.dataset.after ?? "");
  });
  document.addEventListener("htmx:response:error", restore);
  document.addEventListener("htmx:error", restore);
  document.addEventListener("htmx:after:swap", event => {
    if (event.detail.ctx.sourceElement?.id === "filters") {
      at = null;
      reset();
    }
    if (document.getElementById("case")) {
      readChoices();
      reset();
    }
    const empty = document.getElementById("queue-empty");
    if (empty) empty.hidden = rowsOf().length > 0;
    if (!here() && rowsOf().length > 0) {
      stand((at && document.getElementById(`a-${at}`)) || rowsOf()[0], document.activeElement === document.body);
    }
    draw();
  });
  document.addEventListener("arrived", event => {
    const box = document.getElementById("arrived");
    const count = event.detail.data;
    if (!box) return;
    if (count === "0") return box.replaceChildren();
    const button = document.createElement("button");
    button.type = "button";
    button.append(`${count} new, press `, text("kbd", "r"));
    button.addEventListener("click", refresh);
    box.replaceChildren(button);
  });
  const wanted = new URL(location.href).searchParams.get("preview");
  stand((wanted && document.getElementById(`a-${wanted}`)) || rowsOf()[0], false);
  draw();
}

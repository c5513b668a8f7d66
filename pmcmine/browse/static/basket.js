// Chosen figures, and what to do with them or with all that fits. The basket lasts as long as the browser's tab.
import { $, add, button, failed, number, state, tell, thumbnail } from "./common.js";

const MOST_IN_CONDITION = 100, MOST_SHOWN = 300, NAME = "chosen.parquet";
let changed = () => {};
const key = () => `pmcmine ${state.info.path} ${state.info.snapshot}`;

export function start(onChange) {
  changed = onChange;
  try { for (const row of JSON.parse(sessionStorage.getItem(key()) || "[]")) state.basket.set(row.figure_id, row); }
  catch { sessionStorage.removeItem(key()); }
  $("open-basket").addEventListener("click", open);
  $("basket").addEventListener("click", (event) => { if (event.target === $("basket")) $("basket").close(); });
  $("basket").addEventListener("close", () => changed());
  count();
}
export const isPicked = (id) => state.basket.has(id);
export function toggle(row) {
  if (!state.basket.delete(row.figure_id)) put(row);
  save();
}
function put(row) { state.basket.set(row.figure_id, { figure_id: row.figure_id, label: row.label, license: row.license, split: row.split, has_image: row.has_image }); }
export function addAll(rows) { rows.forEach(put); save(); }
function save() {
  try { sessionStorage.setItem(key(), JSON.stringify([...state.basket.values()])); } catch { /* it is full: the basket still lasts as long as the page */ }
  count(); changed();
}
function count() { $("picked").textContent = number(state.basket.size); }
const shell = (text) => (/^[\w./~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
const python = (text) => JSON.stringify(text);
const sql = (text) => `'${text.replaceAll("'", "''")}'`;

export function open() { draw(); if (!$("basket").open) $("basket").showModal(); }
function draw() {
  const e = $("basket"), ids = [...state.basket.keys()].sort();
  e.replaceChildren();
  const head = add(e, "div", null, "head");
  add(head, "h2", `Basket: ${number(ids.length)} figure${ids.length === 1 ? "" : "s"}`);
  button(head, "close", "", () => e.close(), "close ( Esc )");
  if (ids.length) { drawRows(e); drawList(e, ids); }
  else add(e, "p", "Put figures into it with + or the key b; or use all that fits the filters, below.", "mute");
  drawAll(e);
}
function drawRows(e) {
  const rows = add(e, "div", null, "picked-rows");
  [...state.basket.values()].slice(0, MOST_SHOWN).forEach((row) => {
    const item = add(rows, "div", null, "picked-row");
    if (row.has_image) { const image = add(item, "img"); image.loading = "lazy"; image.alt = ""; image.src = thumbnail(row.figure_id); }
    add(item, "span", `${row.label || row.figure_id}`, "label");
    const out = button(item, "×", "", () => { toggle(row); draw(); });
    out.setAttribute("aria-label", `take out ${row.label || row.figure_id}`);
  });
  if (state.basket.size > MOST_SHOWN) add(rows, "span", `and ${number(state.basket.size - MOST_SHOWN)} more`, "mute");
}
function drawList(e, ids) {
  const row = add(e, "p");
  const load = button(row, "download the list", "main", () => download({ ids }));
  load.id = "download";
  button(row, "empty the basket", "", () => { state.basket.clear(); save(); draw(); });
  commands(e, "list");
  if (ids.length <= MOST_IN_CONDITION) {
    copyable(e, "As a condition of --where", `figure_id IN (${ids.map(sql).join(", ")})`);
  }
}
function drawAll(e) {
  add(e, "h2", `All that fits: ${number(state.total)}`);
  if (state.where !== null && state.where !== undefined) {
    const where = state.where ? ` --where ${shell(state.where)}` : "";
    copyable(e, "Rows", `pmcmine subset ${shell(state.info.path)}${where} --out rows.parquet`);
    copyable(e, "Stream", stream(state.where ? `where=${python(state.where)}` : "", new Set((state.counts.split || []).map((v) => v.value))));
  } else add(e, "p", "A search, and filters on panels or duplicates, are no condition of --where: use a list.", "mute");
  const load = button(add(e, "p"), "download a list of all", "", () => download(null));
  load.id = "download-all";
}
// `stream.open` reads one split; a choice may be from several.
function stream(option, splits) {
  const asked = (split) => `stream.open(${[python(state.info.path), split, option].filter(Boolean).join(", ")})`;
  const use = 'print(sample["key"], sample["json"]["license"])';
  const held = ["train", "validation", "test"].filter((s) => splits.has(s));
  if (held.length < 2) return `from pmcmine import stream\n\nfor sample in ${asked(held.length && held[0] !== "train" ? `split=${python(held[0])}` : "")}:\n    ${use}`;
  return `from pmcmine import stream\n\nfor split in (${held.map(python).join(", ")}):\n    for sample in ${asked("split=split")}:\n        ${use}`;
}
function commands(e) {
  copyable(e, "Rows of the list", `pmcmine subset ${shell(state.info.path)} --list ${NAME} --out rows.parquet`);
  copyable(e, "A release of its own", `pmcmine subset ${shell(state.info.path)} --list ${NAME} --shards --out chosen`);
  copyable(e, "Stream", stream(`list=${python(NAME)}`, new Set([...state.basket.values()].map((row) => row.split))));
}
function copyable(e, title, text) {
  const box = add(e, "div", null, "copyable");
  add(box, "b", title);
  const code = add(box, "pre", text); code.tabIndex = 0;
  const copy = button(box, "copy", "", async () => {
    try { await navigator.clipboard.writeText(text); copy.textContent = "copied"; }
    catch { getSelection().selectAllChildren(code); copy.textContent = "press Ctrl-C"; }
  });
}
async function download(body) {
  try {
    const answer = body
      ? await fetch("/list.parquet", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })
      : await fetch("/list.parquet?" + state.query);
    if (!answer.ok) throw new Error((await answer.json()).error);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob()); link.download = NAME;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    tell(`${NAME} is downloaded`);
  } catch (error) { failed(error); $("basket").close(); }
}

// The page as a whole: what the address says is shown, and each choice becomes the address.
import { $, failed, get, load, number, rowAt, state, tell } from "./common.js";
import * as basket from "./basket.js";
import * as figure from "./figure.js";
import * as filters from "./filters.js";
import * as grid from "./grid.js";

const inFigure = () => !$("figure").hidden;
function address(id) {
  const query = new URLSearchParams(state.query);
  if (id) { query.set("figure", id); query.set("at", String(state.at)); }
  return "#" + query;
}
function view(isFigure) {
  document.body.classList.toggle("in-figure", isFigure);
  $("figure").hidden = !isFigure; $("results").hidden = isFigure;
}
function tellTotal() {
  const more = state.kept < state.total ? `, the first ${number(state.kept)} are shown` : "";
  tell(`${number(state.total)} figure${state.total === 1 ? "" : "s"}${more}`);
}
async function search() {
  filters.reflect();
  tell(state.query.get("text") ? "searching …" : "…");
  try {
    if (!(await grid.renew())) return;
    tellTotal();
    const hint = state.query.get("text") && state.info.search.hint;
    $("notes").textContent = [...(state.notes || []), hint].filter(Boolean).join(" · ");
    filters.showCondition();
    await filters.recount();
  } catch (error) { $("canvas").replaceChildren(); failed(error); }
}
function changed() {
  history.pushState(null, "", address());
  view(false);
  search();
}
async function openAt(n) {
  try { await load(n); } catch (error) { failed(error); return; }
  const row = rowAt(n);
  if (!row) return;
  const replace = inFigure();
  state.at = n;
  if (!(await figure.show(row.figure_id))) return;
  history[replace ? "replaceState" : "pushState"](null, "", address(row.figure_id));
  view(true);
  tell(figure.place());
  if (!replace) $("words").focus();
  if (n + 1 < state.kept) load(n + 1).catch(failed);
}
function toGrid() {
  if (!inFigure()) return;
  history.pushState(null, "", address());
  view(false); tellTotal(); grid.back();
}
function like(id) {
  for (const name of ["like", "text"]) state.query.delete(name);
  state.query.set("like", id);
  changed();
}
// An image of the person's own: only the server on this machine sees it.
async function byImage(file) {
  if (!file) return;
  try {
    tell("searching …");
    const answer = await fetch("/api/like", { method: "POST", headers: { "Content-Type": file.type }, body: file });
    const value = await answer.json();
    if (!answer.ok) throw new Error(value.error);
    like(value.like);
  } catch (error) { failed(error); }
}
function takeImages() {
  const file = (list) => [...(list || [])].find((f) => f.type.startsWith("image/"));
  $("by-image").hidden = false;
  $("by-image").addEventListener("click", () => $("own-image").click());
  $("own-image").addEventListener("change", () => { byImage($("own-image").files[0]); $("own-image").value = ""; });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => { event.preventDefault(); byImage(file(event.dataTransfer.files)); });
  document.addEventListener("paste", (event) => { const given = file(event.clipboardData.files); if (given) byImage(given); });
}
function withConcept(id) {
  if (!state.query.getAll("concept").includes(id)) state.query.append("concept", id);
  changed();
}
async function route() {
  const given = new URLSearchParams(location.hash.slice(1)), id = given.get("figure"), at = Number(given.get("at")) || 0;
  for (const name of ["figure", "at"]) given.delete(name);
  for (const [name, value] of [...given]) if (!value) given.delete(name);
  const same = String(given) === String(state.query) && state.total > 0;
  state.query = given;
  if (!id) view(false);
  if (!same) await search();
  if (!id) { tellTotal(); if (same) grid.back(); return; }
  state.at = Math.max(at, 0);
  await load(state.at).catch(failed);
  if (await figure.show(id)) { view(true); tell(figure.place()); }
}
const picked = () => (inFigure() ? state.figure && figure.rowOf(state.figure) : rowAt(state.at));
const step = (by) => { if (inFigure()) openAt(Math.min(Math.max(state.at + by, 0), Math.max(state.kept - 1, 0))); };
const FIGURE_KEYS = {
  ArrowRight: () => step(1), j: () => step(1), ArrowLeft: () => step(-1), k: () => step(-1),
  n: () => { const p = state.figure.panels.length; if (p) figure.choose(state.panel + 1 >= p ? -1 : state.panel + 1); },
  x: () => { state.boxes = !state.boxes; figure.drawBoxes(); },
  c: () => { state.concepts = !state.concepts; figure.drawWords(); },
  d: () => figure.toggleDocument(),
  g: toGrid,
};
const GRID_KEYS = Object.fromEntries(["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"].map((key) => [key, () => grid.move(key)]));
const KEYS = {
  "/": () => { $("text").focus(); $("text").select(); },
  b: () => { const row = picked(); if (row) { basket.toggle(row); if (inFigure()) figure.drawWords(); } },
  m: () => { const row = picked(); if (row && row.has_image) like(row.figure_id); },
  l: () => basket.open(),
  r: () => openAt(Math.floor(Math.random() * Math.max(state.kept, 1))),
};
function pressed(event) {
  if ($("basket").open) return; // a dialog has its own Escape
  const typing = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName);
  if (event.key === "Escape") {
    event.preventDefault(); // a browser would empty the search field
    if (typing) { event.target.blur(); if (!inFigure()) grid.go(state.at); }
    else if ($("filters").classList.contains("open")) menu(false);
    else if (state.document) figure.toggleDocument();
    else toGrid();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
  const inFilters = $("filters").contains(event.target) && event.key.startsWith("Arrow");
  const action = !inFilters && ((inFigure() ? FIGURE_KEYS : GRID_KEYS)[event.key] || KEYS[event.key]);
  if (!action) return;
  event.preventDefault();
  action();
}
function menu(open) { $("filters").classList.toggle("open", open); $("menu").setAttribute("aria-expanded", String(open)); $("menu").textContent = open ? "show figures" : "filters"; }
async function addFirst() {
  const n = Math.min(Math.max(Number($("many").value) || 10, 1), state.kept, 1000), rows = [];
  try {
    for (let at = 0; at < state.kept && rows.length < n; at++) {
      if (!rowAt(at)) await load(at);
      if (rowAt(at)?.has_image) rows.push(rowAt(at)); // the others can't be streamed
    }
    basket.addAll(rows);
  } catch (error) { failed(error); }
}
let waiting = 0;
function typed() {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const text = $("text").value.trim();
    if (text === (state.query.get("text") || "")) return;
    state.query.delete("like");
    if (text) state.query.set("text", text); else state.query.delete("text");
    changed();
  }, 250);
}
async function start() {
  state.info = await get("/api/info");
  $("name").textContent = state.info.name; document.title = `${state.info.name} – pmcmine`;
  filters.start(changed); grid.start({ open: openAt }); figure.start({ like, concept: withConcept });
  basket.start(() => { grid.remark(); if (inFigure() && !state.document) figure.drawWords(); });
  $("text").addEventListener("input", typed);
  $("search").addEventListener("submit", (event) => { event.preventDefault(); typed(); $("text").blur(); });
  for (const [id, by] of [["previous", -1], ["next", 1]]) $(id).addEventListener("click", () => step(by));
  $("all").addEventListener("click", toGrid);
  $("menu").addEventListener("click", () => menu(!$("filters").classList.contains("open")));
  $("add-first").addEventListener("click", addFirst);
  if (state.info.search.vectors.includes("image")) takeImages();
  document.addEventListener("keydown", pressed);
  addEventListener("popstate", () => route());
  await route();
}
start().catch(failed);

// All that comes from a release is put on the page as text (textContent, attributes set by name), never as markup.
export const $ = (id) => document.getElementById(id);
export const state = {
  info: null, query: new URLSearchParams(), epoch: 0, total: 0, kept: 0, where: "", counts: {}, pages: new Map(), at: 0,
  figure: null, panel: -1, boxes: true, concepts: true, document: null, asked: 0, basket: new Map(),
};
export function add(parent, tag, text, className) {
  const e = document.createElement(tag);
  if (text !== undefined && text !== null) e.textContent = String(text);
  if (className) e.className = className;
  parent.append(e);
  return e;
}
export function button(parent, text, className, action, title) {
  const e = add(parent, "button", text, className);
  e.type = "button";
  if (title) e.title = title;
  e.addEventListener("click", action);
  return e;
}
export async function get(path, signal) {
  const answer = await fetch(path, { signal });
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error || answer.status);
  return value;
}
export const number = (n) => n.toLocaleString("en");
export function tell(text) { $("place").textContent = text; }
export function failed(error) { if (error.name !== "AbortError") tell("error: " + error.message); }
export function thumbnail(id) { return `/thumbnail?id=${encodeURIComponent(id)}&v=${state.info.token}`; }
// Rows come in pages; those that were looked at last are kept.
const KEPT = 60;
const coming = new Map();
export function rowAt(n) { const page = state.pages.get(Math.floor(n / state.info.page)); return page && page[n % state.info.page]; }
export async function load(n) {
  const number = Math.floor(n / state.info.page), epoch = state.epoch;
  if (state.pages.has(number)) return;
  if (!coming.has(number)) {
    const query = new URLSearchParams(state.query);
    query.set("offset", String(number * state.info.page));
    coming.set(number, get("/api/figures?" + query).finally(() => coming.delete(number)));
  }
  const page = await coming.get(number);
  if (epoch !== state.epoch) return;
  state.pages.set(number, page.figures);
  if (state.pages.size > KEPT) state.pages.delete(state.pages.keys().next().value);
  state.total = page.total; state.kept = page.kept; state.where = page.where; state.notes = page.notes;
}
export function restart() { state.epoch += 1; state.pages.clear(); coming.clear(); state.at = 0; }

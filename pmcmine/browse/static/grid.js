// Thumbnails of all that fits; only those that can be seen are on the page.
import { $, add, failed, load, restart, rowAt, state, thumbnail } from "./common.js";
import { isPicked, toggle } from "./basket.js";

const WIDTH = 172, HEIGHT = 214, GAP = 10, AROUND = 3, HIGHEST = 15e6; // pixels; browsers end higher elements
const cells = new Map();
let columns = 1, wide = WIDTH, waiting = 0, actions = null;

export function start(given) {
  actions = given;
  $("grid").addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
  new ResizeObserver(() => { measure(); draw(); }).observe($("grid"));
}
const shown = () => Math.min(state.kept, Math.floor(HIGHEST / HEIGHT) * columns);
function measure() {
  const room = $("grid").clientWidth - GAP;
  columns = Math.max(Math.floor(room / (WIDTH + GAP)), 2);
  wide = (room - columns * GAP) / columns;
  $("canvas").style.height = `${Math.ceil(shown() / columns) * HEIGHT + GAP}px`;
  cells.forEach(place);
}
function place(cell, n) {
  cell.style.width = `${wide}px`;
  cell.style.transform = `translate(${GAP + (n % columns) * (wide + GAP)}px, ${GAP + Math.floor(n / columns) * HEIGHT}px)`;
}
function draw() {
  if ($("results").hidden) return;
  const e = $("grid"), end = shown();
  const first = Math.max(Math.floor(e.scrollTop / HEIGHT) - AROUND, 0) * columns;
  const last = Math.min((Math.ceil((e.scrollTop + e.clientHeight) / HEIGHT) + AROUND) * columns, end);
  for (const [n, cell] of cells) if (n < first || n >= last) remove(n, cell);
  let missing = false;
  for (let n = first; n < last; n++) {
    const row = rowAt(n);
    if (!row) missing = true;
    else if (!cells.has(n)) cells.set(n, make(row, n));
  }
  // Pages that are only scrolled past are not asked for.
  clearTimeout(waiting);
  if (missing) waiting = setTimeout(() => fill(first, last), 60);
}
async function fill(first, last) {
  const size = state.info.page, wanted = [];
  for (let n = first - (first % size); n < last; n += size) wanted.push(load(n));
  try { await Promise.all(wanted); draw(); } catch (error) { failed(error); }
}
function remove(n, cell) {
  const image = cell.querySelector("img");
  if (image) image.removeAttribute("src"); // ends what is still loading
  cell.remove(); cells.delete(n);
}
function make(row, n) {
  const cell = add($("canvas"), "div", null, "cell");
  place(cell, n);
  const open = add(cell, "button", null, "open");
  open.type = "button"; open.tabIndex = n === state.at ? 0 : -1; open.dataset.at = String(n);
  if (row.has_image) {
    const image = add(open, "img"); image.alt = ""; image.decoding = "async"; image.src = thumbnail(row.figure_id);
  } else add(open, "span", "no sample", "none mute");
  add(open, "span", row.label || "—", "label");
  add(open, "span", [row.figure_id.split("/")[0], row.license].filter(Boolean).join(" · "), "mute");
  add(open, "span", (row.image_kinds || []).join(", "), "mute");
  open.addEventListener("click", () => actions.open(n));
  open.addEventListener("focus", () => focused(n));
  const pick = add(cell, "button", "", "pick");
  pick.type = "button"; pick.tabIndex = -1;
  mark(pick, row);
  pick.addEventListener("click", () => { toggle(row); mark(pick, row); });
  return cell;
}
function mark(pick, row) {
  const on = isPicked(row.figure_id);
  pick.textContent = on ? "✓" : "+"; pick.setAttribute("aria-pressed", String(on));
  pick.setAttribute("aria-label", `${on ? "in" : "into"} the basket: ${row.label || row.figure_id}`);
}
export function remark() { for (const [n, cell] of cells) { const row = rowAt(n); if (row) mark(cell.querySelector(".pick"), row); } }
function focused(n) {
  const before = cells.get(state.at);
  if (before) before.querySelector(".open").tabIndex = -1;
  state.at = n;
  const cell = cells.get(n);
  if (cell) cell.querySelector(".open").tabIndex = 0;
}
export async function go(n, focus = true) {
  n = Math.max(0, Math.min(n, shown() - 1));
  const e = $("grid"), top = Math.floor(n / columns) * HEIGHT;
  if (top < e.scrollTop) e.scrollTop = top;
  else if (top + HEIGHT + GAP > e.scrollTop + e.clientHeight) e.scrollTop = top + HEIGHT + 2 * GAP - e.clientHeight;
  try { await load(n); } catch (error) { failed(error); return; }
  draw();
  focused(n);
  if (focus) cells.get(n)?.querySelector(".open").focus({ preventScroll: true });
}
export const move = (key) => go(state.at + { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[key]);
// Returns whether what came is still what is asked for.
export async function renew() {
  restart();
  const epoch = state.epoch;
  await load(0);
  if (epoch !== state.epoch) return false;
  cells.forEach((cell, n) => remove(n, cell));
  $("canvas").replaceChildren(); $("grid").scrollTop = 0;
  measure(); draw();
  if (!state.total) add($("canvas"), "p", "Nothing fits. Take a filter away, or search for other words.", "empty mute");
  return true;
}
export function back() { measure(); draw(); go(state.at); }

// The column of filters: values with counts, each a switch; ranges, flags and the condition that says the same.
import { $, add, button, failed, get, number, state } from "./common.js";

const FACETS = [
  ["kind", "Kind of image"], ["concept", "Concept, and all below it"], ["license", "Licence"], ["type", "Article type"],
  ["year", "Year"], ["quality", "Caption quality, 1 to 5"], ["journal", "Journal"], ["group", "Licence group"], ["split", "Split"],
];
const FLAGS = [
  ["sample", "with a sample"], ["without", "without a sample"], ["panels", "panels"], ["boxes", "panels with boxes"], ["concepts", "concepts"],
  ["duplicates", "near duplicates"], ["third_party", "third party or adapted"], ["privacy", "privacy flags"],
];
const FOLDED = new Set(["journal", "group", "split"]);
const names = new Map(); // of concepts
let changed = () => {}, waiting = 0;

export function start(onChange) {
  changed = onChange;
  const e = $("filters");
  e.replaceChildren();
  for (const [name, title] of FACETS) {
    const group = add(e, "details"); group.open = !FOLDED.has(name); group.id = `facet-${name}`;
    add(group, "summary", title);
    if (name === "concept" || name === "journal") suggestions(group, name);
    if (name === "year") years(group);
    add(group, "div", null, "values");
  }
  const flags = add(e, "details"); flags.open = true; add(flags, "summary", "Only");
  for (const [name, title] of FLAGS) {
    const label = add(flags, "label"), box = add(label, "input");
    box.type = "checkbox"; box.name = name; label.append(" " + title);
    box.addEventListener("change", () => set(name, box.checked ? ["1"] : []));
  }
  condition(e);
}
function suggestions(group, name) {
  const input = add(group, "input"), list = add(group, "div", null, "suggestions");
  input.type = "search"; input.placeholder = name === "concept" ? "name or id of a concept" : "name of a journal"; input.setAttribute("aria-label", input.placeholder);
  const ask = async () => {
    const text = input.value.trim();
    list.replaceChildren();
    if (text.length < 2) return;
    try {
      const found = await get("/api/suggest?" + new URLSearchParams({ of: name, text }));
      if (text !== input.value.trim()) return;
      found.values.forEach((v) => {
        names.set(v.value, v.name);
        value(list, v, false, () => { input.value = ""; list.replaceChildren(); toggle(name, v.value); });
      });
      if (!found.values.length) add(list, "p", "no such name in the release", "mute");
    } catch (error) { failed(error); }
  };
  input.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(ask, 200); });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const first = list.querySelector("button");
    if (first) first.click();
    else if (name === "concept" && /^[\w:.-]{3,80}$/.test(input.value.trim())) { toggle(name, input.value.trim()); input.value = ""; }
  });
}
function years(group) {
  const row = add(group, "div", null, "range");
  for (const [name, title] of [["from", "from"], ["to", "to"]]) {
    const input = add(row, "input");
    input.type = "number"; input.name = name; input.placeholder = title; input.setAttribute("aria-label", `year, ${title}`);
    input.addEventListener("change", () => set(name, input.value ? [input.value] : []));
  }
}
function condition(e) {
  const group = add(e, "details"); group.open = true; add(group, "summary", "Condition");
  const input = add(group, "input"); input.id = "where"; input.placeholder = "year >= 2020 AND width > 500"; input.setAttribute("aria-label", "Condition of your own, in SQL");
  input.addEventListener("change", () => set("where", input.value.trim() ? [input.value.trim()] : []));
  add(group, "p", "All filters as --where:", "mute");
  const shown = add(group, "pre"); shown.id = "condition"; shown.tabIndex = 0;
  button(group, "copy", "", () => navigator.clipboard.writeText(shown.textContent).catch(() => getSelection().selectAllChildren(shown))).id = "copy-condition";
}
function set(name, values) {
  state.query.delete(name);
  values.forEach((v) => state.query.append(name, v));
  changed();
}
function toggle(name, v) {
  const held = state.query.getAll(name);
  set(name, held.includes(v) ? held.filter((x) => x !== v) : [...held, v]);
}
function value(parent, v, on, action, most = 0) {
  const e = button(parent, null, "value", action);
  e.setAttribute("aria-pressed", String(on));
  if (most) e.style.setProperty("--share", `${(100 * v.n) / most}%`);
  add(e, "span", v.name || v.value, "name"); add(e, "span", number(v.n), "n");
  e.dataset.value = v.value;
  return e;
}
// An address that was kept or sent holds the id of a concept and not its name.
async function named(concept) {
  names.set(concept, concept);
  try {
    const found = await get("/api/suggest?" + new URLSearchParams({ of: "concept", text: concept }));
    const own = found.values.find((v) => v.value === concept);
    if (!own) return;
    names.set(concept, own.name);
    reflect();
    if (state.counts) draw("concept", state.counts.concept || []);
  } catch (error) { failed(error); }
}
// Shows what the address says.
export function reflect() {
  for (const box of $("filters").querySelectorAll("input[name]")) {
    if (box.type === "checkbox") box.checked = state.query.has(box.name); else box.value = state.query.get(box.name) || "";
  }
  $("where").value = state.query.get("where") || "";
  $("text").value = state.query.get("text") || "";
  const chosen = $("chosen");
  chosen.replaceChildren();
  for (const [name, v] of state.query) {
    const said = { text: `“${v}”`, like: v.startsWith("image:") ? "like your image" : `like ${v}`, from: `from ${v}`, to: `to ${v}`, quality: `quality ${v}–${Number(v) + 1}` }[name] || (FLAGS.find((f) => f[0] === name) || [])[1] || names.get(v) || v;
    const chip = button(chosen, `${said} ×`, "chip", () => set(name, state.query.getAll(name).filter((x) => x !== v)));
    chip.title = `take away: ${name}`;
  }
  state.query.getAll("concept").filter((v) => !names.has(v)).forEach(named);
  if (chosen.children.length > 1) button(chosen, "clear all", "chip", () => { for (const name of new Set([...state.query.keys()])) state.query.delete(name); changed(); });
}
export function showCondition() {
  $("condition").textContent = state.where === null ? "none says the same: a search, panels and duplicates need a list" : state.where || "true";
  $("copy-condition").hidden = state.where === null;
}
export async function recount() {
  const epoch = state.epoch;
  $("filters").setAttribute("aria-busy", "true");
  try {
    const counts = await get("/api/counts?" + state.query);
    if (epoch !== state.epoch) return;
    state.counts = counts;
    const focus = document.activeElement?.dataset?.value;
    for (const [name] of FACETS) draw(name, counts[name] || [], focus);
  } catch (error) { failed(error); }
  finally { if (epoch === state.epoch) $("filters").removeAttribute("aria-busy"); }
}
function draw(name, values, focus) {
  const group = $(`facet-${name}`), place = group.querySelector(".values"), held = state.query.getAll(name);
  values.forEach((v) => { if (v.name) names.set(v.value, v.name); });
  const missing = name === "concept" ? held.filter((x) => !values.some((v) => v.value === x)).map((x) => ({ value: x, name: names.get(x) || x, n: state.total })) : [];
  group.hidden = !values.length && !missing.length && !held.length && name !== "concept" || name === "concept" && !state.info.concepts && !values.length;
  place.replaceChildren();
  const most = Math.max(...values.map((v) => v.n), 1);
  if (name === "year") { bars(place, values, most); return; }
  for (const v of [...missing, ...values]) {
    const shown = name === "quality" ? { ...v, name: `${v.value} to ${Number(v.value) + 1}` } : v;
    const e = value(place, shown, held.includes(v.value), () => toggle(name, v.value), most);
    if (v.value === focus) e.focus();
  }
}
function bars(place, values, most) {
  const chart = add(place, "div", null, "bars");
  for (const v of values.slice(-60)) {
    const bar = button(chart, null, "", () => { state.query.set("from", v.value); state.query.set("to", v.value); changed(); }, `${v.value}: ${number(v.n)}`);
    bar.setAttribute("aria-label", bar.title);
    add(bar, "span").style.height = `${Math.max((100 * v.n) / most, 3)}%`;
  }
  if (values.length) add(place, "p", [...new Set([values.slice(-60)[0].value, values[values.length - 1].value])].join(" to "), "mute");
}

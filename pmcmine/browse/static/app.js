"use strict";
// All that comes from a release is put on the page as text (textContent, attributes set by name), never as markup.
const COLOURS = ["#c2410c", "#1d6fb8", "#15803d", "#9333ea", "#b45309", "#0e7490", "#be185d", "#4d7c0f", "#6d28d9", "#0f766e"];
const SVG = "http://www.w3.org/2000/svg";
const $ = (id) => document.getElementById(id);
const state = { ids: [], first: 0, total: 0, at: 0, boxes: true, concepts: true, panel: -1, figure: null, document: null, asked: 0 };

function add(parent, tag, text, className) {
  const e = document.createElement(tag);
  if (text !== undefined && text !== null) e.textContent = String(text);
  if (className) e.className = className;
  parent.append(e);
  return e;
}
async function get(path) {
  const answer = await fetch(path);
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error || answer.status);
  return value;
}
const colour = (n) => COLOURS[n % COLOURS.length];
function filters() {
  const query = new URLSearchParams();
  for (const [k, v] of new FormData($("filters"))) if (v) query.set(k, v);
  return query;
}
// Pages of ids are fetched as they are needed; a release may have millions.
async function idAt(n) {
  if (n < state.first || n >= state.first + state.ids.length) {
    const query = filters();
    query.set("offset", String(Math.max(n - 100, 0)));
    const page = await get("/api/figures?" + query);
    state.ids = page.ids; state.first = page.offset; state.total = page.total;
  }
  return state.ids[n - state.first];
}
async function show(n) {
  const ask = ++state.asked;
  try {
    const id = await idAt(Math.max(n, 0));
    if (ask !== state.asked) return;
    if (id === undefined) {
      if (state.total && n >= state.total) return;
      state.figure = null; state.at = 0;
      $("place").textContent = "nothing fits"; $("image").removeAttribute("src"); $("boxes").replaceChildren(); $("words").replaceChildren();
      return;
    }
    const figure = await get("/api/figure?id=" + encodeURIComponent(id));
    if (ask !== state.asked) return;
    state.at = n; state.figure = figure; state.panel = -1; state.document = null;
    $("place").textContent = `${(n + 1).toLocaleString("en")} of ${state.total.toLocaleString("en")}`;
    const query = filters(); query.set("at", String(n));
    history.replaceState(null, "", "#" + query);
    draw();
  } catch (error) { $("place").textContent = "error: " + error.message; }
}
// The grid shows the figures around the present one, a page at a time; more come when its end is reached.
const grid = { on: false, next: 0, done: false, busy: false };
function toggleGrid(on) {
  grid.on = on;
  document.querySelector("main").classList.toggle("all", on);
  for (const [name, hidden] of [["grid", !on], ["picture", on], ["words", on]]) $(name).hidden = hidden;
  $("all").setAttribute("aria-pressed", String(on));
  if (on) restartGrid(state.at);
}
function restartGrid(at) {
  $("grid").replaceChildren(); $("grid").scrollTop = 0;
  grid.next = at - (at % 20); grid.done = false;
  moreOfGrid();
}
async function moreOfGrid() {
  if (!grid.on || grid.done || grid.busy) return;
  grid.busy = true;
  try {
    const query = filters(); query.set("offset", String(grid.next));
    const page = await get("/api/figures?" + query);
    if (page.offset !== grid.next || String(filters()) !== String(without(query, "offset"))) return;
    page.figures.forEach((f, i) => addThumbnail(f, page.offset + i));
    grid.next += page.figures.length; grid.done = !page.figures.length || grid.next >= page.total;
    if (!page.total) add($("grid"), "p", "nothing fits", "mute");
  } catch (error) { $("place").textContent = "error: " + error.message; grid.done = true; }
  finally { grid.busy = false; }
}
function without(query, name) { const copy = new URLSearchParams(query); copy.delete(name); return copy; }
function addThumbnail(figure, n) {
  const card = add($("grid"), "button", null, n === state.at ? "thumbnail on" : "thumbnail");
  card.type = "button"; card.dataset.at = String(n);
  if (figure.has_image) {
    const image = add(card, "img"); image.loading = "lazy"; image.alt = ""; image.src = "/thumbnail?id=" + encodeURIComponent(figure.figure_id);
  } else add(card, "span", "no sample", "mute");
  add(card, "span", `${figure.label || ""} ${figure.figure_id}`);
  card.addEventListener("click", () => { toggleGrid(false); show(n); });
}
function draw() {
  const f = state.figure;
  const image = $("image");
  $("missing").textContent = f.has_image ? "" : `No sample: ${f.no_sample || "unknown"}`;
  if (f.has_image) { image.src = "/image?id=" + encodeURIComponent(f.figure_id); image.alt = f.label || f.figure_id; }
  else { image.removeAttribute("src"); image.alt = ""; }
  drawBoxes(); drawWords();
}
function drawBoxes() {
  const f = state.figure, svg = $("boxes");
  svg.replaceChildren();
  if (!state.boxes || !f.has_image || !f.width) return;
  svg.setAttribute("viewBox", `0 0 ${f.width} ${f.height}`);
  f.panels.forEach((p, n) => {
    if (p.x === null || p.media) return;
    const box = document.createElementNS(SVG, "rect");
    for (const k of ["x", "y", "width", "height"]) box.setAttribute(k, p[k]);
    box.setAttribute("stroke", colour(n)); box.setAttribute("fill", n === state.panel ? colour(n) : "none");
    if (n === state.panel) box.setAttribute("class", "on");
    const label = document.createElementNS(SVG, "text");
    const size = Math.max(f.width, f.height) / 32;
    label.setAttribute("x", p.x + size / 3); label.setAttribute("y", p.y + size); label.setAttribute("font-size", size);
    label.setAttribute("fill", colour(n)); label.textContent = p.label;
    svg.append(box, label);
  });
}
// Offsets count code points; a JavaScript string counts UTF-16 units.
function drawCaption(parent, f) {
  const points = Array.from(f.caption || "");
  const cuts = new Set([0, points.length]);
  const layers = [];
  f.panels.forEach((p, n) => (p.spans || []).forEach((s) => layers.push({ s: s.start, e: s.end, panel: n })));
  if (state.concepts) f.concepts.forEach((c) => layers.push({ s: c.start, e: c.end, concept: c }));
  (f.privacy || []).forEach((v) => { if (v.place === "caption" && v.start !== null) layers.push({ s: v.start, e: v.end, flag: v.kind }); });
  layers.forEach((l) => { cuts.add(l.s); cuts.add(l.e); });
  const at = [...cuts].sort((a, b) => a - b);
  const p = add(parent, "p"); p.id = "caption";
  for (let i = 0; i + 1 < at.length; i++) {
    const here = layers.filter((l) => l.s <= at[i] && l.e >= at[i + 1]);
    const e = add(p, "span", points.slice(at[i], at[i + 1]).join(""));
    for (const l of here) {
      if (l.panel !== undefined) {
        e.classList.add("span"); e.style.borderColor = colour(l.panel); e.dataset.panel = f.panels[l.panel].label;
        if (l.panel === state.panel) { e.classList.add("on"); e.style.outlineColor = colour(l.panel); }
      }
      if (l.concept) {
        e.classList.add("concept"); if (l.concept.negated) e.classList.add("negated");
        e.title = [l.concept.name, l.concept.cui || l.concept.source_id, (l.concept.semantic_types || []).join(" "), l.concept.score].filter(Boolean).join(" · ");
      }
      if (l.flag) { e.classList.add("flag"); e.title = l.flag; }
    }
  }
}
function row(table, name, value, className) {
  if (value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length)) return;
  const tr = add(table, "tr"); add(tr, "td", name); add(tr, "td", Array.isArray(value) ? value.join(", ") : value, className);
}
function drawWords() {
  const f = state.figure, words = $("words");
  words.replaceChildren();
  if (state.document) { drawDocument(words, state.document); return; }
  add(words, "h2", (f.label || "") + " " + (f.caption_title || "")); const id = add(words, "p", f.figure_id, "mute"); id.id = "links";
  for (const [name, address] of Object.entries(f.links || {})) {
    if (!address.startsWith("https://")) continue;
    id.append(" · "); const a = add(id, "a", name); a.href = address; a.target = "_blank"; a.rel = "noopener noreferrer";
  }
  if (f.caption) drawCaption(words, f); else add(words, "p", "No caption", "mute");
  if (f.panels.length) {
    add(words, "h2", `Panels (${f.panels.length})`);
    const chips = add(words, "div"); chips.id = "panels";
    f.panels.forEach((p, n) => {
      const chip = add(chips, "button", `${p.label}${p.x === null ? "" : " ▢"}${p.n_mentions ? " ×" + p.n_mentions : ""}`, "chip");
      chip.type = "button"; chip.style.borderColor = colour(n);
      chip.title = `label ${p.confidence}, box ${p.box_confidence ?? "none"} ${(p.kinds || []).join(" ")} ${p.media || ""}`;
      chip.addEventListener("click", () => choose(n === state.panel ? -1 : n));
    });
    if (state.panel >= 0) add(words, "p", f.panels[state.panel].text, "mute");
  }
  add(words, "h2", "Rights");
  const rights = add(words, "table"); rights.id = "rights";
  row(rights, "licence", `${f.license} (${f.license_group}${f.derivatives_ok ? "" : ", no derivatives"})`);
  row(rights, "attribution", f.attribution); row(rights, "permissions", f.permissions);
  if (f.third_party) row(rights, "third party", (f.third_party_matches || []).join("; ") || "yes", "warn");
  if (f.adapted) row(rights, "adapted", "from another work");
  add(words, "h2", "What is known");
  const facts = add(words, "table");
  row(facts, "split", f.split); row(facts, "kinds of image", f.image_kinds); row(facts, "caption quality", f.caption_quality); row(facts, "language", f.caption_language);
  row(facts, "pixels", f.width ? `${f.width} × ${f.height} ${f.format}` : null); row(facts, "file", f.media);
  if (f.pdf) row(facts, "from the PDF", `page ${f.pdf.page}`);
  row(facts, "journal", [f.journal, f.year].filter(Boolean).join(" ")); row(facts, "section", f.section_path);
  row(facts, "duplicate of", f.duplicate_of); row(facts, "leaks into", f.leaks_into, "warn"); row(facts, "benchmark sets", f.benchmarks, "warn");
  row(facts, "privacy", [...new Set((f.privacy || []).map((v) => v.kind))], "warn");
  if (f.clusters.length) {
    add(words, "h2", "Near duplicates");
    const table = add(words, "table");
    f.clusters.forEach((c) => row(table, `${c.kind} ${c.similarity.toFixed(2)}`, `${c.member_id} (${c.split})`));
  }
  if (f.mentions.length) {
    add(words, "h2", `Mentions (${f.mentions.length})`);
    const wanted = state.panel >= 0 ? f.panels[state.panel].label : null;
    f.mentions.filter((m) => !wanted || (m.panel_labels || []).includes(wanted)).forEach((m) => {
      const q = add(words, "blockquote", m.sentence); if (m.panels) add(q, "span", ` [${m.panels}]`, "mute");
    });
  }
  if (f.concepts.length && state.concepts) {
    add(words, "h2", `Concepts (${f.concepts.length})`);
    const table = add(words, "table");
    f.concepts.forEach((c) => row(table, c.cui || c.source_id, `${c.text}${c.name ? " — " + c.name : ""}${c.negated ? " (negated)" : ""} · ${c.score}`));
  }
}
function drawDocument(words, article) {
  for (const place of article.places) {
    if (place.image !== null) {
      const image = add(words, "img", null, place.image === state.figure.figure_id ? "on" : "");
      image.loading = "lazy"; image.alt = place.image; image.src = "/image?id=" + encodeURIComponent(place.image);
    } else if (place.text === null) add(words, "p", `${place.kind} ${place.row_id}: ${place.reason || "no text"}`, "mute");
    else if (place.kind === "title") add(words, "h2", place.text);
    else if (place.kind === "heading") add(words, "h3", place.text);
    else if (place.kind === "table") add(words, "pre", place.text);
    else add(words, "p", place.text, place.kind === "caption" ? "mute" : "");
  }
  if (article.more) add(words, "p", `and ${article.more.toLocaleString("en")} more places`, "mute");
}
async function toggleDocument() {
  const figure = state.figure;
  if (state.document) { state.document = null; drawWords(); return; }
  try {
    const article = await get("/api/document?id=" + encodeURIComponent(figure.pmcid));
    if (figure === state.figure) { state.document = article; drawWords(); }
  } catch (error) { $("place").textContent = "error: " + error.message; }
}
function choose(n) { state.panel = n; drawBoxes(); drawWords(); }
const KEYS = {
  ArrowRight: () => show(state.at + 1), j: () => show(state.at + 1),
  ArrowLeft: () => show(Math.max(state.at - 1, 0)), k: () => show(Math.max(state.at - 1, 0)),
  n: () => { const p = state.figure ? state.figure.panels.length : 0; if (p) choose(state.panel + 1 >= p ? -1 : state.panel + 1); },
  b: () => { state.boxes = !state.boxes; drawBoxes(); },
  c: () => { state.concepts = !state.concepts; drawWords(); },
  r: () => show(Math.floor(Math.random() * Math.max(state.total, 1))),
  d: () => toggleDocument(),
  g: () => toggleGrid(!grid.on),
  "/": () => $("text").focus(),
};
document.addEventListener("keydown", (event) => {
  // A browser would empty the search field.
  if (event.key === "Escape") { event.preventDefault(); document.activeElement.blur(); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || ["INPUT", "SELECT"].includes(event.target.tagName)) return;
  const action = KEYS[event.key];
  if (action && (state.figure || event.key === "/")) { event.preventDefault(); action(); }
});
let waiting = 0;
function refilter() { clearTimeout(waiting); waiting = setTimeout(() => { state.ids = []; state.first = 0; show(0); if (grid.on) restartGrid(0); }, 150); }
for (const [id, key] of [["previous", "k"], ["next", "j"]]) $(id).addEventListener("click", () => { if (state.figure) KEYS[key](); });
$("all").addEventListener("click", () => toggleGrid(!grid.on));
$("grid").addEventListener("scroll", () => { const e = $("grid"); if (e.scrollTop + e.clientHeight > e.scrollHeight - 600) moreOfGrid(); });
$("filters").addEventListener("input", refilter);
$("filters").addEventListener("submit", (event) => { event.preventDefault(); refilter(); document.activeElement.blur(); });
async function start() {
  const info = await get("/api/info");
  $("name").textContent = info.name; document.title = `${info.name} – pmcmine`;
  for (const select of document.querySelectorAll("select")) {
    const any = add(select, "option", { group: "any group", split: "any split", license: "any licence", kind: "any kind" }[select.name]); any.value = "";
    info.facets[select.name].forEach((v) => { add(select, "option", v).value = v; });
  }
  const given = new URLSearchParams(location.hash.slice(1));
  for (const e of $("filters").elements) {
    if (!given.has(e.name)) continue;
    if (e.type === "checkbox") e.checked = true; else e.value = given.get(e.name);
  }
  show(Number(given.get("at")) || 0);
}
start().catch((error) => { $("place").textContent = "error: " + error.message; });

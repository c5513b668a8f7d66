// One figure: picture with boxes, caption with spans, rights with their evidence, and what made each value.
import { $, add, button, failed, get, number, rowAt, state } from "./common.js";
import { isPicked, toggle } from "./basket.js";

const COLOURS = ["#c2410c", "#1d6fb8", "#15803d", "#9333ea", "#b45309", "#0e7490", "#be185d", "#4d7c0f", "#6d28d9", "#0f766e"];
const SVG = "http://www.w3.org/2000/svg";
const colour = (n) => COLOURS[n % COLOURS.length];
let actions = null;

export function start(given) { actions = given; }
export async function show(id) {
  const ask = ++state.asked;
  try {
    const figure = await get("/api/figure?id=" + encodeURIComponent(id));
    if (ask !== state.asked) return false;
    state.figure = figure; state.panel = -1; state.document = null;
    draw();
    return true;
  } catch (error) { failed(error); return false; }
}
function draw() {
  const f = state.figure, image = $("image");
  $("missing").textContent = f.has_image ? "" : `No sample: ${f.no_sample || "unknown"}`;
  if (f.has_image) { image.src = "/image?id=" + encodeURIComponent(f.figure_id); image.alt = f.label || f.figure_id; }
  else { image.removeAttribute("src"); image.alt = ""; }
  drawBoxes(); drawWords();
  $("picture").scrollTop = 0; $("words").scrollTop = 0;
}
export function drawBoxes() {
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
function link(parent, text, address) {
  if (!String(address).startsWith("https://")) { add(parent, "span", text); return; }
  const a = add(parent, "a", text); a.href = address; a.target = "_blank"; a.rel = "noopener noreferrer";
}
export function drawWords() {
  const f = state.figure, words = $("words");
  words.replaceChildren();
  if (state.document) { drawDocument(words, state.document); return; }
  drawHead(words, f);
  if (f.caption) drawCaption(words, f); else add(words, "p", "No caption", "mute");
  if (f.panels.length) drawPanels(words, f);
  drawRights(words, f);
  drawFacts(words, f);
  drawTexts(words, f);
  drawProvenance(words, f);
}
function drawHead(words, f) {
  add(words, "h2", (f.label || "") + " " + (f.caption_title || ""));
  const id = add(words, "p", f.figure_id, "mute"); id.id = "links";
  for (const [name, address] of Object.entries(f.links || {})) { id.append(" · "); link(id, name, address); }
  if (f.article && f.article.title) add(words, "p", f.article.title, "mute");
  const row = add(words, "p", null, "actions");
  const pick = button(row, "", "main", () => { toggle(rowOf(f)); name(); }, "( b )"); pick.id = "pick";
  const name = () => { pick.textContent = isPicked(f.figure_id) ? "✓ in the basket" : "+ into the basket"; };
  name();
  if (f.has_image) button(row, "more like this", "", () => actions.like(f.figure_id), "( m )").id = "like";
  button(row, "document", "", () => toggleDocument(), "( d )");
}
export const rowOf = (f) => ({ figure_id: f.figure_id, label: f.label, license: f.license, split: f.split, has_image: f.has_image });
function drawPanels(words, f) {
  add(words, "h2", `Panels (${f.panels.length})`);
  const chips = add(words, "div"); chips.id = "panels";
  f.panels.forEach((p, n) => {
    const chip = button(chips, `${p.label}${p.x === null ? "" : " ▢"}${p.n_mentions ? " ×" + p.n_mentions : ""}`, "panel", () => choose(n === state.panel ? -1 : n));
    chip.style.borderColor = colour(n);
    chip.title = `label ${p.confidence}, box ${p.box_confidence ?? "none"} ${(p.kinds || []).join(" ")} ${p.media || ""}`;
  });
  if (state.panel >= 0) add(words, "p", f.panels[state.panel].text, "mute");
}
function drawRights(words, f) {
  const a = f.article || {};
  add(words, "h2", "Rights, and where they are said");
  const rights = add(words, "table"); rights.id = "rights";
  row(rights, "licence", `${f.license} (${f.license_group}${f.derivatives_ok ? "" : ", no derivatives"})`);
  row(rights, "decided by", f.license_override ? "the figure's own statement" : a.license_source ? `the article: ${a.license_source}` : null);
  if (a.license_url) { const tr = add(rights, "tr"); add(tr, "td", "deed"); link(add(tr, "td"), a.license_url, a.license_url); }
  row(rights, "attribution", f.attribution); row(rights, "permissions", f.permissions);
  if (f.third_party) row(rights, "third party", (f.third_party_matches || []).join("; ") || "yes", "warn");
  if (f.adapted) row(rights, "adapted", "from another work");
  row(rights, "copyright", a.copyright); row(rights, "article says", a.license_text);
}
function drawFacts(words, f) {
  add(words, "h2", "What is known");
  const facts = add(words, "table");
  row(facts, "split", f.split); row(facts, "kinds of image", f.image_kinds); row(facts, "caption quality", f.caption_quality); row(facts, "language", f.caption_language);
  (f.scores || []).forEach((s) => row(facts, s.name, `${s.value} (${s.scorer}${s.model ? ", " + s.model : ""})`));
  row(facts, "pixels", f.width ? `${f.width} × ${f.height} ${f.format}` : null); row(facts, "file", f.media);
  if (f.pdf) row(facts, "from the PDF", `page ${f.pdf.page}`);
  row(facts, "journal", [f.journal, f.year].filter(Boolean).join(" ")); row(facts, "article", f.article_type); row(facts, "section", f.section_path);
  row(facts, "duplicate of", f.duplicate_of); row(facts, "leaks into", f.leaks_into, "warn"); row(facts, "benchmark sets", f.benchmarks, "warn");
  row(facts, "privacy", [...new Set((f.privacy || []).map((v) => v.kind))], "warn");
}
function drawTexts(words, f) {
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
    f.concepts.forEach((c) => {
      const tr = add(table, "tr"), id = c.cui || c.source_id;
      button(add(tr, "td"), id, "id", () => actions.concept(id), "figures with this concept, and all below it");
      add(tr, "td", `${c.text}${c.name ? " — " + c.name : ""}${c.negated ? " (negated)" : ""} · ${c.score}`);
    });
  }
}
function drawProvenance(words, f) {
  const group = add(words, "details"); group.id = "provenance";
  add(group, "summary", "What made these values");
  const table = add(group, "table");
  (f.provenance || []).forEach((p) => { const tr = add(table, "tr"); add(tr, "td", p.values); add(tr, "td", `${p.code}: ${p.model}`); });
}
function drawDocument(words, article) {
  button(words, "back to the figure", "", () => toggleDocument(), "( d )");
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
  if (article.more) add(words, "p", `and ${number(article.more)} more places`, "mute");
}
export async function toggleDocument() {
  const figure = state.figure;
  if (state.document) { state.document = null; drawWords(); return; }
  try {
    const article = await get("/api/document?id=" + encodeURIComponent(figure.pmcid));
    if (figure === state.figure) { state.document = article; drawWords(); $("words").scrollTop = 0; }
  } catch (error) { failed(error); }
}
export function choose(n) { state.panel = n; drawBoxes(); drawWords(); }
export function place() {
  const known = rowAt(state.at);
  return known && state.figure && known.figure_id === state.figure.figure_id ? `${number(state.at + 1)} of ${number(state.total)}` : "";
}

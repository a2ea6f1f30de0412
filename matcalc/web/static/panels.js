// What the tabs show. Each panel is filled when it is opened, and when the question changes while it is open.

import { $, el, marked, showError, typeset } from "./view.js";
import { ask } from "./ask.js";

let sizes = {}; // by name of the dimension, as they were chosen
let shownCode = { code: "", file: "formula.txt" };

export const codeShown = () => shownCode;

const KINDS = { gradient: "gradient", jacobian: "Jacobian", hessian: "Hessian" };

const answerIn = (key) => document.querySelector(`#panel-${key} .answer`);

export const PANELS = { steps, code, plan, check, index };

/** An answer that may be an error, which is shown instead. */
async function filled(key, fields, show) {
  const made = await ask(key, fields);
  if (made === null || made.empty) return;
  const where = answerIn(key);
  if (made.error) {
    const box = el("div", { class: "error" });
    showError(box, made.error);
    where.replaceChildren(box);
    return;
  }
  where.replaceChildren(...show(made));
}

async function steps(question) {
  await filled("steps", { ...question, style: $("style").value }, (made) => [
    made.note && el("p", { class: "note" }, made.note),
    el("ol", { class: "steps" }, ...made.steps.map(step)),
  ].filter(Boolean));
}

function step({ latex, text, shape, reason, begins }) {
  const math = typeset(el("div", { class: "math", tabindex: "0", role: "group", "aria-label": "A step" }), latex, text);
  return el("li", {}, begins ? el("h3", { class: "note" }, begins) : null, math, el("span", { class: "why" }, [reason, shape].filter(Boolean).join(" · ")));
}

async function code(question) {
  await filled("code", { ...question, target: $("target").value, sizes }, (made) => {
    shownCode = made;
    sizeFields(made.sizes, question);
    return [el("pre", { tabindex: "0", "aria-label": "Code" }, el("code", {}, made.code))];
  });
  showFunction(answerIn("code").querySelector("pre"));
}

/** Scrolls to the function itself, which stands behind its helpers. */
function showFunction(pre) {
  const lines = pre?.textContent.split("\n") ?? [];
  const at = lines.findIndex((line) => line.startsWith("def formula("));
  if (at > 0) pre.scrollTop = at * parseFloat(getComputedStyle(pre).lineHeight);
}

/** Fields for the sizes that C is written for. */
function sizeFields(wanted, question) {
  const names = Object.keys(wanted);
  const where = $("code-sizes");
  where.hidden = !names.length;
  if (where.dataset.names === names.join()) return;
  where.dataset.names = names.join();
  const field = (name) =>
    el("label", {}, `${name} = `, el("input", {
      type: "number", min: "1", max: "64", value: wanted[name],
      onchange: (event) => {
        sizes[name] = Math.max(1, Math.trunc(Number(event.target.value)) || 1);
        code(question);
      },
    }));
  where.replaceChildren(el("span", { class: "sizes" }, ...names.map(field)));
}

async function plan(question) {
  await filled("plan", { ...question, sizes }, (made) => {
    sliders(made, question);
    return [total(made), orders(made), ...picture(made), stepTable(made)];
  });
}

function sliders(made, question) {
  const where = $("sliders");
  if (where.dataset.names === made.symbols.join()) return;
  where.dataset.names = made.symbols.join();
  where.replaceChildren(...made.symbols.map((name) => slider(name, made.sizes[name], question)));
}

/** From 1 to 10,000, by powers of ten. */
function slider(name, size, question) {
  const id = `size-${name}`;
  const shown = el("output", { for: id }, size.toLocaleString("en"));
  const input = el("input", { type: "range", id, min: "0", max: "40", value: String(Math.round(Math.log10(size) * 10)) });
  const sizeOf = () => Math.max(1, Number((10 ** (input.value / 10)).toPrecision(2)));
  input.setAttribute("aria-valuetext", String(size));
  input.addEventListener("input", () => {
    sizes[name] = sizeOf();
    shown.textContent = sizes[name].toLocaleString("en");
    input.setAttribute("aria-valuetext", String(sizes[name]));
    plan(latest(question));
  });
  return el("span", { class: "slider" }, el("label", { for: id }, name), input, shown);
}

let latest = (question) => question;

/** What gives the question as it is now: sliders stay while the formula changes. */
export function followQuestion(get) {
  latest = get;
}

/** What all of it costs. It is no caption of a table, which would be as wide as what is scrolled. */
function total(made) {
  const told = `Value and derivative together: ${made.total.toLocaleString("en")} multiplications, ${made.flops.toLocaleString("en")} flops, at most ${made.memory.toLocaleString("en")} entries of intermediate results`;
  return el("p", { class: "note total" }, told);
}

function orders(made) {
  const rows = made.orders.map(({ mode, cost, multiplications }) =>
    el("tr", {}, el("td", {}, mode), el("td", {}, el("code", {}, cost)), number(multiplications)));
  const head = el("tr", {}, el("th", {}, "order"), el("th", {}, "multiplications"), el("th", { class: "number" }, "at these sizes"));
  return scrolling("Orders of multiplication", el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows)));
}

function stepTable(made) {
  const names = ["step", "operation", "of", "shape", "cost"];
  const head = el("tr", {}, ...names.map((name) => el("th", {}, name)), el("th", { class: "number" }, "at these sizes"));
  const rows = made.steps.map((s) =>
    el("tr", {}, el("td", {}, s.result), el("td", {}, s.operation), el("td", {}, s.operands.join(", ")), el("td", {}, s.shape),
      el("td", {}, el("code", {}, s.cost)), number(s.value)));
  return scrolling("Steps of the plan", el("table", {}, el("caption", {}, "Steps of the cheapest order"), el("thead", {}, head), el("tbody", {}, ...rows)));
}

const number = (value) => el("td", { class: "number" }, value.toLocaleString("en"));
const scrolling = (label, child) => el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": label }, child);

/** The picture, as an image: nothing in it is run. */
function picture(made) {
  if (!made.picture) return [];
  const url = URL.createObjectURL(new Blob([made.picture], { type: "image/svg+xml" }));
  const image = el("img", { src: url, alt: "The steps as a graph; the table below says the same", onload: () => URL.revokeObjectURL(url) });
  const box = scrolling("Picture of the plan", image);
  box.classList.add("picture");
  return [box];
}

async function index(question) {
  await filled("index", question, (made) => [
    el("h3", { class: "note" }, "The formula"),
    el("pre", { tabindex: "0", "aria-label": "The formula in index form" }, made.formula),
    el("h3", { class: "note" }, `The ${KINDS[made.kind]}`),
    el("pre", { tabindex: "0", "aria-label": "The derivative in index form" }, made.derivative),
  ]);
}

async function check(question) {
  const claim = $("claim").value;
  const where = answerIn("check");
  mark("claim", "", []);
  if (!claim.trim()) {
    showError($("claim-error"), null);
    where.replaceChildren(el("p", { class: "note" }, "Text, LaTeX and NumPy are read. For a wrong answer, the mistake is shown."));
    return;
  }
  const made = await ask("check", { ...question, claim });
  if (made === null || made.empty) return;
  showError($("claim-error"), made.error);
  if (made.error) {
    if (made.error.where === "claim") mark("claim", claim, shifted(made.error.places, claim, made.error.text));
    where.replaceChildren();
    return;
  }
  if (!made.lines) mark("claim", claim, shifted(made.places, claim, made.claim));
  where.replaceChildren(...(made.lines ? [summary(made), lines(made)] : verdict(made)));
}

/** Places in a part of a text, as places in the text. */
function shifted(places, whole, part) {
  const at = whole.indexOf(part);
  if (at < 0) return [];
  const before = Array.from(whole.slice(0, at)).length;
  return places.map(({ start, stop }) => ({ start: start + before, stop: stop + before }));
}

const WORDS = { correct: "✓ correct", wrong: "✗ wrong", undecided: "? undecided", unread: "– not read", note: "" };

function verdict(made) {
  const parts = [el("p", { class: `verdict ${made.status}` }, WORDS[made.status]), el("p", { class: "note" }, made.explanation || made.ground)];
  if (made.status === "wrong" && made.places.length) parts.push(el("p", { class: "claimed", "aria-label": "Where it differs" }, ...marked(made.claim ?? made.text, made.places)));
  if (made.repaired) parts.push(el("p", {}, "put right: ", el("code", { class: "plain" }, made.repaired)));
  else if (made.answer && made.status !== "correct") parts.push(el("p", {}, "the answer: ", el("code", { class: "plain" }, made.answer)));
  if (made.explanation && made.counterexample) parts.push(el("p", { class: "note" }, made.counterexample));
  else if (made.status === "correct") parts[1].textContent = made.ground;
  return parts;
}

function summary(made) {
  const bad = made.first_bad_line === null ? "? every line that was read is true" : `✗ the first line that is not true is line ${made.first_bad_line + 1}`;
  const words = made.status === "correct" ? "✓ every line is true" : bad;
  return el("p", { class: `verdict ${made.status}` }, words);
}

function lines(made) {
  const line = (one) => {
    const after = one.status === "wrong" && one.follows ? " (but it follows from the line before)" : "";
    const head = el("div", {}, el("code", { class: "plain" }, one.text), ` ${WORDS[one.status]}${after}`);
    if (one.status === "unread") return el("li", {}, head, el("p", { class: "note" }, one.explanation));
    return el("li", {}, head, ...(one.status === "wrong" || one.status === "undecided" ? verdict(one).slice(1) : []));
  };
  return el("ol", { class: "lines" }, ...made.lines.map(line));
}

/** Marks places behind a field, and says that it is wrong. */
export function mark(id, text, places) {
  $(`${id}-marks`).replaceChildren(...(places.length ? marked(text, places) : []));
  $(id).closest(".field").classList.toggle("wrong", places.length > 0);
  if (places.length) $(id).setAttribute("aria-invalid", "true");
  else $(id).removeAttribute("aria-invalid");
}

// The page: what is typed is asked, what is answered is shown, and the address holds it all.

import { $, copy, el, grow, showChips, showError, typeset } from "./view.js";
import { about, ask, oneByOne, settled } from "./ask.js";
import { PANELS, codeShown, followQuestion, mark } from "./panels.js";

const EXAMPLES = [
  "norm2(A*x - b)^2",
  "x'*A*x",
  "sum(log(1 + exp(-y.*(X*w))))",
  "logdet(S) + tr(inv(S)*C)",
  "softmax(W*x)",
  String.raw`\frac12\|Ax-b\|_2^2 + \lambda\|x\|_2^2`,
  "np.sum((X @ w - y)**2)",
  "f = x_i Y_ij x_j",
];
const NAMES = { text: "text", latex: "LaTeX", numpy: "NumPy", index: "index notation", sympy: "SymPy" };
const PATIENCE = 400; // milliseconds without a key until an error is shown: half a formula is no mistake
const PATIENT = 250; // milliseconds until an answer that is still computed is given up for what was typed since
const PAUSE = 150; // milliseconds without an answer until the tab below follows
const ALL = "*"; // in the place of a variable: by each of them
const SAME = "="; // in the place of the second variable: the first one once more

const declared = {}; // by name of the variable, as they were typed
let shown = null; // the last answer
let by = "";
let then = ""; // the variable of a second derivative's second step; empty for a first derivative
let complaint = 0;

const formula = $("formula");

function question() {
  const told = Object.fromEntries(Object.entries(declared).filter(([, words]) => words.trim()));
  const structure = $("structure-choice").hidden ? "ignore" : $("structure").value;
  const kind = then ? "hessian" : "derivative";
  return { formula: formula.value, notation: $("notation").value, declared: told, by, then: then === SAME ? "" : then, kind, structure };
}
followQuestion(question);

// ---------------------------------------------------------------- asking and showing
async function update() {
  rememberSoon();
  const made = await ask("derive", question());
  if (made !== null) show(made);
}
const soon = oneByOne(update, PATIENT);

function show(made) {
  const error = made.error;
  $("examples").hidden = !made.empty && formula.value !== "";
  $("read").hidden = !made.formula && !Object.keys(declared).length && !(error && shown);
  $("result").hidden = $("more").hidden = Boolean(made.empty);
  clearTimeout(complaint);
  if (error && shown) complaint = setTimeout(showErrors, PATIENCE, error, made.others);
  else showErrors(error, made.others);
  showNotation(made.notation);
  for (const id of ["typeset", "derivative"]) $(id).classList.toggle("stale", Boolean(error));
  if (made.empty) {
    shown = null;
    $("read").hidden = true;
    return;
  }
  if (made.formula) showFormula(made);
  grow($("claim"));
  if (made.derivative) showDerivative(made);
  else $("result").hidden = $("more").hidden = !shown || Boolean(made.formula);
  if (made.formula && !made.derivative) $("result").hidden = false;
}

function showErrors(error, others = []) {
  showError($("page-error"), error?.where === "page" ? error : null);
  showError($("formula-error"), error?.where === "formula" ? error : null, take);
  showError($("declared-error"), error?.where === "declared" ? error : null);
  mark("formula", formula.value, error?.where === "formula" ? error.places : []);
  if (others.length) $("formula-error").append(el("p", { class: "buttons" }, ...others.map(readAs)));
  if (error?.name && !$(`variable-${error.name}`)?.isConnected) askFor(error.name);
  markFields(error);
}

/** A button that reads the formula in another language, in which it is one. */
function readAs(notation) {
  const read = () => {
    $("notation").value = notation;
    formula.focus();
    update();
  };
  return el("button", { type: "button", onclick: read }, `Read as ${NAMES[notation] ?? notation}`);
}

function markFields(error) {
  for (const field of document.querySelectorAll(".variable"))
    field.classList.toggle("wrong", error?.where === "declared" && field.dataset.name === error.name);
}

/** Fields for what is declared, and for a name that is to be. */
function askFor(wanted) {
  const names = [...new Set([...Object.keys(declared), wanted])];
  $("read").hidden = false;
  showVariables(names.map((name) => ({ name, latex: null, declaration: declared[name] ?? "", declared: Boolean(declared[name]) })));
}

function showNotation(notation) {
  const auto = $("notation").options[0];
  if (auto) auto.textContent = notation && $("notation").value === "auto" ? `${NAMES[notation] ?? notation} (recognised)` : "recognised";
}

function showFormula(made) {
  typeset($("typeset"), made.formula.latex && `f = ${made.formula.latex}`, made.formula.text);
  $("typeset").classList.remove("stale");
  $("readings").hidden = !made.readings.length;
  $("readings").textContent = made.readings.join("; ");
  showVariables(made.variables);
  showChoices(made);
}

/** The variables to derive by; of a scalar also those to derive by once more. */
function showChoices(made) {
  const names = made.variables.map(({ name }) => name);
  const now = made.by ?? by;
  const all = names.length > 1 ? [{ value: ALL, label: "all", title: "by each of them" }] : [];
  showChips($("by"), [...names.map((name) => ({ value: name, label: name })), ...all], now, (name) => {
    by = name;
    if (then && name === ALL) then = SAME;
    update();
  });
  const second = made.then && made.then !== now ? made.then : SAME;
  const others = now === ALL ? [] : names.filter((name) => name !== now).map((name) => ({ value: name, label: name }));
  const chips = [{ value: "", label: "nothing" }, { value: SAME, label: `${now === ALL ? "all" : now}: Hessian` }, ...others];
  const isSecond = made.kind === "hessian";
  showChips($("then"), chips, isSecond ? second : "", (name) => {
    then = name;
    update();
  });
  $("by").hidden = !names.length;
  $("then").hidden = !names.length || (made.formula.shape !== "1×1" && !isSecond);
}

/** A field for each variable; the one that is being typed in stays as it is. */
function showVariables(variables) {
  const where = $("variables");
  const before = new Map([...where.children].map((child) => [child.dataset.name, child]));
  const fields = variables.map((variable) => before.get(variable.name) ?? field(variable));
  if (fields.length !== where.children.length || fields.some((child, k) => child !== where.children[k])) where.replaceChildren(...fields);
  variables.forEach((variable, k) => {
    const input = fields[k].querySelector("input");
    fields[k].classList.toggle("declared", variable.declared);
    fields[k].querySelector("button").hidden = !variable.declared;
    if (document.activeElement !== input || !variable.declared) input.value = variable.declared ? declared[variable.name] ?? variable.declaration : variable.declaration;
  });
}

function field({ name, latex, declaration }) {
  const id = `variable-${name}`;
  const label = typeset(el("label", { for: id }), latex && `${latex}:`, `${name}:`, false);
  const input = el("input", {
    id, list: "facts", value: declaration, spellcheck: "false", autocomplete: "off", autocapitalize: "off",
    "aria-label": `${name}: rows×columns and facts`, "aria-describedby": "declared-error", title: "such as: n×n symmetric", placeholder: "m×n, n, scalar …",
    oninput: (event) => {
      declared[name] = event.target.value;
      soon();
    },
  });
  const clear = el("button", {
    type: "button", title: `${name} as it is inferred`, "aria-label": `${name} as it is inferred`, hidden: true,
    onclick: () => {
      delete declared[name];
      input.focus();
      update();
    },
  }, "↺");
  return el("span", { class: "variable", "data-name": name }, label, input, clear);
}

function showDerivative(made) {
  shown = made;
  const { latex, text, shape, layout, conditions, properties } = made.derivative;
  const lines = text.split("\n");
  const math = () => el("div", { class: "math", tabindex: "0", role: "group", "aria-label": "The derivative, typeset" });
  $("derivative").replaceChildren(...latex.map((one, k) => typeset(math(), one, lines[k])));
  $("derivative").classList.remove("stale");
  const isMixed = made.kind === "hessian" && made.then !== "" && made.then !== made.by;
  $("result-title").textContent = isMixed ? "Mixed derivative" : { gradient: "Gradient", jacobian: "Jacobian", hessian: "Hessian" }[made.kind];
  const facts = [`shape ${shape}`, layout];
  if (conditions.length) facts.push(`valid for ${conditions.join(", ")}`);
  if (properties.length) facts.push(`the result is ${properties.join(", ")}`);
  $("told").textContent = facts.join(" · ");
  const variable = made.variables.find(({ name }) => name === made.by);
  const isStructured = made.kind === "gradient" && /\b(symmetric|diagonal|posdef|psd)\b/.test(variable?.declaration ?? "");
  $("structure-choice").hidden = !isStructured;
  say(`${$("result-title").textContent} by ${made.by === ALL ? "all" : made.by}${isMixed ? ` and ${made.then}` : ""}: ${text.length < 200 ? text : "shown"}, shape ${shape}`);
  fillPanelSoon();
}

/** For screen readers, once typing has stopped. */
const say = settled((words) => ($("spoken").textContent = words), 700);

function take(text) {
  formula.value = text;
  grow(formula);
  formula.focus();
  update();
}

// ---------------------------------------------------------------- tabs
const tabs = [...document.querySelectorAll("[role=tab]")];
let open = "steps";

const fillPanel = () => PANELS[open](question());
const fillPanelSoon = settled(fillPanel, PAUSE);

function openTab(key, focus = false) {
  open = key in PANELS ? key : "steps";
  for (const tab of tabs) {
    const isOpen = tab.id === `tab-${open}`;
    tab.setAttribute("aria-selected", String(isOpen));
    tab.tabIndex = isOpen ? 0 : -1;
    $(tab.getAttribute("aria-controls")).hidden = !isOpen;
    if (isOpen && focus) tab.focus();
  }
  grow($("claim"));
  remember();
  if (shown) fillPanel();
}

$("tabs").addEventListener("keydown", (event) => {
  const at = tabs.findIndex((tab) => tab.id === `tab-${open}`);
  const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  openTab(tabs[(next + tabs.length) % tabs.length].id.slice(4), true);
});
for (const tab of tabs) tab.addEventListener("click", () => openTab(tab.id.slice(4)));

// ---------------------------------------------------------------- the address
let isRestoring = false;

function remember() {
  if (isRestoring) return;
  const { formula: text, notation, declared: told, kind, structure } = question();
  const kept = new URLSearchParams();
  if (text) kept.set("f", text);
  if (by) kept.set("by", by);
  if (kind !== "derivative") kept.set("kind", kind);
  if (then && then !== SAME) kept.set("then", then);
  if (notation !== "auto" && notation) kept.set("from", notation);
  if (structure !== "ignore") kept.set("structure", structure);
  for (const [name, words] of Object.entries(told)) kept.append("where", `${name}: ${words}`);
  if (open !== "steps") kept.set("tab", open);
  if ($("claim").value) kept.set("claim", $("claim").value);
  history.replaceState(null, "", `#${kept}`);
}
const rememberSoon = settled(remember, 250); // browsers let a page change its address a few times a second

function restore() {
  isRestoring = true;
  const kept = new URLSearchParams(location.hash.slice(1));
  formula.value = kept.get("f") ?? "";
  by = kept.get("by") ?? "";
  then = kept.get("kind") === "hessian" ? kept.get("then") || SAME : "";
  $("notation").value = kept.get("from") in NAMES ? kept.get("from") : "auto";
  for (const name of Object.keys(declared)) delete declared[name];
  for (const words of kept.getAll("where")) {
    const [name, ...rest] = words.split(":");
    declared[name.trim()] = rest.join(":").trim();
  }
  $("structure-choice").hidden = !kept.get("structure");
  if (kept.get("structure")) $("structure").value = kept.get("structure");
  $("claim").value = kept.get("claim") ?? "";
  openTab(kept.get("tab") ?? "steps");
  isRestoring = false;
  grow(formula);
  return update();
}

// ---------------------------------------------------------------- what is done on the page
formula.addEventListener("input", () => {
  grow(formula);
  clearTimeout(complaint);
  mark("formula", "", []);
  soon();
});
formula.addEventListener("keydown", (event) => {
  const isCode = formula.value.includes("\n") || /:\s*$/.test(formula.value);
  if (event.key === "Enter" && !event.shiftKey && !isCode) {
    event.preventDefault(); // a formula is one line; code goes on
    update();
  }
});
for (const id of ["notation", "structure"]) $(id).addEventListener("change", update);
for (const id of ["style", "target"]) $(id).addEventListener("change", fillPanel);
const checkSoon = settled(() => {
  remember();
  fillPanel();
}, 150);
$("claim").addEventListener("input", () => {
  grow($("claim"));
  mark("claim", "", []);
  checkSoon();
});
$("copy-text").addEventListener("click", (event) => copy(event.currentTarget, shown?.derivative.text ?? ""));
$("copy-latex").addEventListener("click", (event) => copy(event.currentTarget, latexShown()));
$("copy-link").addEventListener("click", (event) => {
  remember();
  copy(event.currentTarget, location.href);
});
$("copy-code").addEventListener("click", (event) => copy(event.currentTarget, codeShown().code));
$("download").addEventListener("click", () => {
  const { code, file } = codeShown();
  const url = URL.createObjectURL(new Blob([code], { type: "text/plain" }));
  el("a", { href: url, download: file }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
});
addEventListener("hashchange", restore);

/** The LaTeX of the derivative alone. */
function latexShown() {
  return shown?.derivative.formula_latex ?? "";
}

function option(value, label) {
  return el("option", { value }, label);
}

const offered = await about();
$("notation").replaceChildren(option("auto", "recognised"), ...offered.notations.map((name) => option(name, NAMES[name] ?? name)));
$("target").replaceChildren(...offered.targets.map(({ key, label }) => option(key, label)));
$("structure").replaceChildren(...offered.structures.map((name) => option(name, name)));
$("facts").replaceChildren(...offered.facts.map((fact) => option(`n×n ${fact}`, "")));
$("version").textContent = `matcalc ${offered.version}`;
$("examples").replaceChildren("Try: ", ...EXAMPLES.map((text) => el("button", { type: "button", onclick: () => takeExample(text) }, text)));

function takeExample(text) {
  for (const name of Object.keys(declared)) delete declared[name];
  by = then = "";
  $("notation").value = "auto";
  take(text);
}

document.documentElement.dataset.ready = "true";
await restore();

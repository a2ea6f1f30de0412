// Elements, typeset mathematics, errors with their places. All text goes in as text: no HTML is made of it.

export const $ = (id) => document.getElementById(id);

/** An element with attributes and children; text stays text. */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

/** Typesets LaTeX in an element; a formula that is too long for that is shown as text. */
export function typeset(where, latex, text, displayMode = true) {
  where.replaceChildren();
  if (latex && globalThis.katex) {
    try {
      globalThis.katex.render(latex, where, { displayMode, maxExpand: 500, strict: "ignore", trust: false });
      return where;
    } catch (error) {
      where.replaceChildren(); // what cannot be typeset is text
    }
  }
  where.append(el("code", {}, text));
  return where;
}

/** Chips of which one is chosen; what is there stays while the values are the same, and with it the focus. */
export function showChips(where, chips, chosen, choose) {
  const wanted = chips.map(({ value, label }) => `${value}\n${label}`).join("\n\n");
  if (where.dataset.chips !== wanted) {
    where.dataset.chips = wanted;
    const chip = ({ value, label, title }) =>
      el("label", { class: "chip", title }, el("input", { type: "radio", name: where.id, value, onchange: () => choose(value) }), el("span", {}, label));
    where.replaceChildren(where.querySelector("legend"), ...chips.map(chip));
  }
  for (const input of where.querySelectorAll("input")) input.checked = input.value === chosen;
}

/** A text in which places are marked; places count characters, not code units. */
export function marked(text, places) {
  const letters = Array.from(text);
  const made = [];
  let at = 0;
  for (const { start, stop } of [...places].sort((a, b) => a.start - b.start)) {
    const first = Math.max(at, Math.min(start, letters.length));
    const last = Math.max(first, Math.min(Math.max(stop, start + 1), letters.length));
    made.push(letters.slice(at, first).join(""), el("mark", {}, letters.slice(first, last).join("") || " "));
    at = last;
  }
  return [...made, letters.slice(at).join("")];
}

/** The error with the line that it is in, carets under the place, and a hint that can be taken. */
export function showError(box, error, take) {
  if (!error) {
    box.hidden = true;
    box.replaceChildren();
    return;
  }
  const lines = [el("p", { class: "summary" }, error.summary)];
  for (const place of error.places) lines.push(pointer(error.text, place));
  lines.push(...error.details.map((line) => el("p", { class: "detail" }, line)));
  if (error.hint) lines.push(hint(error, take));
  box.replaceChildren(...lines);
  box.hidden = false;
}

function pointer(text, { start, stop, note }) {
  const letters = Array.from(text);
  let first = start;
  while (first > 0 && letters[first - 1] !== "\n") first -= 1;
  let last = start;
  while (last < letters.length && letters[last] !== "\n") last += 1;
  if (last - first > 100) [first, last] = [Math.max(first, start - 40), Math.min(last, start + 60)];
  const carets = "^".repeat(Math.max(1, Math.min(stop, last) - start));
  const spaces = letters.slice(first, start).map((c) => (c === "\t" ? "\t" : " ")).join("");
  const pre = el("pre", { class: "place", tabindex: "0" }, `${letters.slice(first, last).join("")}\n${spaces}`);
  pre.append(el("b", {}, carets), note ? ` ${note}` : "");
  return pre;
}

function hint(error, take) {
  const meant = /^did you mean ([^\s?]+)\s*\?$/.exec(error.hint);
  if (!meant || error.places.length !== 1 || !take) return el("p", { class: "detail" }, error.hint);
  const [{ start, stop }] = error.places;
  const letters = Array.from(error.text);
  const better = letters.slice(0, start).join("") + meant[1] + letters.slice(stop).join("");
  return el("p", {}, el("button", { type: "button", onclick: () => take(better) }, `Use ${meant[1]}`));
}

/** Copies a text, and says so on the button. */
export async function copy(button, text) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch (error) {
    done = copiedBySelection(text); // pages that are not local and not encrypted have no clipboard
  }
  const label = (button.dataset.label ??= button.textContent);
  button.textContent = done ? "Copied" : "Not copied";
  $("spoken").textContent = done ? `${label}: done` : "The browser does not let this page copy";
  setTimeout(() => (button.textContent = label), 1200);
}

function copiedBySelection(text) {
  const field = el("textarea", { class: "hushed" });
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

export function grow(field) {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

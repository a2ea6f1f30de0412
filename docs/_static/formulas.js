// Formulas are typeset by the KaTeX beside these pages; Sphinx loads this file where a page has some.
const here = document.currentScript.src;
const katexScript = document.createElement("script");
katexScript.src = new URL("katex/katex.min.js", here);
katexScript.onload = () => {
  for (const formula of document.querySelectorAll(".math")) {
    const displayMode = formula.tagName === "DIV";
    katex.render(formula.textContent.trim(), formula, { displayMode, throwOnError: false });
  }
};
document.head.append(katexScript);

"""Sphinx: how the documentation is built. ``make docs`` needs no network, and takes warnings as errors."""

import shutil
from pathlib import Path

from matcalc.version import __version__

HERE = Path(__file__).parent
KATEX = HERE.parent / "matcalc" / "web" / "static" / "katex"

project = "matcalc"
author = "The matcalc developers"
copyright = author
version = release = __version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
exclude_patterns = ["_build"]

# Pages are Markdown. Links to headings are written as on other sites that show it.
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the notebooks are stored with their outputs, and a test executes them
nb_mime_priority_overrides = [("html", "text/html", 5), ("html", "image/svg+xml", 6), ("html", "text/latex", 7)]

# Formulas are typeset by the KaTeX that the local page has, so that nothing is loaded from elsewhere.
mathjax_path = "formulas.js"
myst_update_mathjax = False
mathjax_inline = mathjax_display = ["", ""]

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
add_module_names = False

html_theme = "furo"
html_title = f"matcalc {version}"
html_static_path = ["_static"]
html_css_files = ["katex/katex.min.css", "pages.css"]
html_show_sphinx = False
html_copy_source = False


def setup(app):
    """KaTeX is copied into the pages when they are written."""
    app.connect("build-finished", _with_katex)


def _with_katex(app, failure):
    if failure is None and app.builder.format == "html":
        shutil.copytree(KATEX, Path(app.outdir) / "_static" / "katex", dirs_exist_ok=True)

"""The site: `sphinx-build -W docs site`. All that it shows is in the folder that it writes."""

import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "chainviz"
author = copyright = "The chainviz developers"
version = release = metadata.version("chainviz")
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "docstrings", "mathml", "players", "rules"]
exclude_patterns = ["_*", "README.md"]
nitpicky = True
suppress_warnings = ["myst.strikethrough"]

myst_enable_extensions = ["dollarmath", "deflist", "colon_fence"]
myst_heading_anchors = 3

# Docstrings mark code as Markdown does; the sentences about arguments stand in for types, most of which are `Any`.
default_role = "code"
autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_google_docstring, napoleon_numpy_docstring = True, False
napoleon_use_rtype = False
add_module_names = False
python_display_short_literal_types = True

html_theme = "furo"
html_title = "chainviz"
html_static_path = ["_static"]
html_favicon = "_static/icon.svg"
html_css_files = ["site.css"]
html_js_files = ["players.js"]
html_math_renderer = "mathml"
html_show_sourcelink = html_show_sphinx = False
html_copy_source = False
html_show_search_summary = False  # it would fetch the pages, which a browser refuses on disk
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0072b2", "color-brand-content": "#0072b2"},
    "dark_css_variables": {"color-brand-primary": "#56b4e9", "color-brand-content": "#56b4e9"},
}

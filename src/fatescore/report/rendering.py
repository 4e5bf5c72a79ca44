"""The one place that makes HTML; the same page gives the same bytes.

Vega, Vega-Lite and Vega-Embed (BSD-3-Clause) come from ``vl-convert-python``; DataTables and jQuery (MIT) come from
``itables`` (MIT), through its own offline start-up code. They are put inside a page once.
"""

from __future__ import annotations

import functools
import json
from typing import Any

from fatescore._extras import itables_javascript, itables_options, jinja2, vl_convert
from fatescore.i18n import current, gettext, ngettext
from fatescore.pl import _palette
from fatescore.pl.save import vega_lite_version
from fatescore.report.answers import FATE_BIAS_DEFINITION
from fatescore.report.elements import Page

_TAGS = {"zh": "zh-CN"}  # of languages whose code alone does not say how to write them


def render(page: Page) -> str:
    """Return a page as one HTML file that needs no network."""
    tag = _TAGS.get(current(), current())
    return str(_environment().get_template("page.html.j2").render(language=tag, page=page))


@functools.cache
def library(name: str) -> Any:
    """Return one library as trusted HTML or JavaScript: ``vega``, ``tables`` or ``tables_global``."""
    from markupsafe import Markup

    makers = {"vega": _vega, "tables": _tables, "tables_global": _tables_global}
    return Markup(makers[name]())  # code of installed packages, holds no data


def _vega() -> str:
    make: Any = vl_convert.javascript_bundle  # its type stub calls an optional argument required
    bundle = str(make(vl_version=vega_lite_version()))
    # A closing tag inside a string of the bundle would end the script element.
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _tables() -> str:
    html = str(itables_javascript.generate_init_offline_itables_html(itables_options.dt_bundle))
    # What follows the script is a message for notebooks.
    return html[: html.index("</script>") + len("</script>")]


def _tables_global() -> str:
    return str(itables_javascript._itables_underscore_version())


@functools.cache
def _environment() -> Any:
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("fatescore.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    install: Any = environment.install_gettext_callables  # the extension adds it
    install(gettext, ngettext, newstyle=False)

    def script_json(value: Any) -> Markup:
        """Return JSON that cannot end the script element it stands in."""
        text = json.dumps(
            value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain
        )
        for character in "<>&\u2028\u2029":
            text = text.replace(character, f"\\u{ord(character):04x}")
        return Markup(text)  # every character that could end the element is escaped above

    environment.filters["script_json"] = script_json
    environment.filters["element"] = lambda part: type(part).__name__
    environment.globals["fate_bias_definition"] = FATE_BIAS_DEFINITION
    environment.globals["colours"] = _palette.css_variables()
    environment.globals["chart_themes"] = {"light": _palette.config(), "dark": _palette.config(dark=True)}
    environment.globals["library"] = library
    return environment


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")

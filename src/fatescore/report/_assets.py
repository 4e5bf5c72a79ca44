"""The chart and table libraries, as their Python packages ship them, to be put inside a page once.

Vega, Vega-Lite and Vega-Embed (BSD-3-Clause) come from ``vl-convert-python``; DataTables and jQuery (MIT) come from
``itables`` (MIT), through its own offline start-up code.
"""

from __future__ import annotations

import functools
from typing import Any


@functools.cache
def get(name: str) -> Any:
    """Return one library as trusted HTML or JavaScript: ``vega``, ``tables`` or ``tables_global``."""
    from markupsafe import Markup

    return Markup(_MAKERS[name]())  # code of installed packages, holds no data


def _vega() -> str:
    import altair
    import vl_convert

    version = ".".join(altair.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    make: Any = vl_convert.javascript_bundle  # its type stub calls an optional argument required
    bundle = str(make(vl_version=version))
    # A closing tag inside a string of the bundle would end the script element.
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _tables() -> str:
    import itables.options
    from itables.javascript import generate_init_offline_itables_html

    html = str(generate_init_offline_itables_html(itables.options.dt_bundle))
    # What follows the script is a message for notebooks.
    return html[: html.index("</script>") + len("</script>")]


def _tables_global() -> str:
    from itables.javascript import _itables_underscore_version

    return str(_itables_underscore_version())


_MAKERS = {"vega": _vega, "tables": _tables, "tables_global": _tables_global}

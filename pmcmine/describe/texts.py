"""Render the texts of a release: environment of the templates, and YAML."""

from __future__ import annotations

import re
from typing import Any, Final

import jinja2
import yaml

from pmcmine.text.clean import for_code, for_markdown

# YAML 1.2 and the Hub's parser read these as numbers; PyYAML, which implements 1.1, would not quote them.
_NUMBER: Final = re.compile(r"[-+]?(\.\d+|\d[\d_]*(\.\d*)?)(e[-+]?\d+)?|0o[0-7]+", re.IGNORECASE)
_TEXT: Final = "tag:yaml.org,2002:str"
_ONE_LINE: Final = 1 << 30  # columns; a longer text would be folded


def _environment() -> jinja2.Environment:
    """Build the environment: HTML is escaped automatically, Markdown if a template says `| markdown` or `| code`."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pmcmine.describe", ""),
        autoescape=jinja2.select_autoescape(("html.j2",)),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"markdown": for_markdown, "code": for_code, "number": "{:,}".format}
    return environment


_ENVIRONMENT: Final = _environment()


def render(template: str, **values: Any) -> str:
    """Render a template of this folder.

    Args:
        template: name of its file.
        values: its variables; a missing one is an error.
    """
    return _ENVIRONMENT.get_template(template).render(**values)


class _Dumper(yaml.SafeDumper):
    """Write YAML that parsers of 1.1 and 1.2 read alike, each value on one line."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    quoted = not text.isprintable() or _NUMBER.fullmatch(text)
    return dumper.represent_scalar(_TEXT, text, style='"' if quoted else None)


_Dumper.add_representer(str, _text)


def to_yaml(value: dict[str, Any]) -> str:
    """Return block YAML with a final line break; keys keep their order."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_ONE_LINE, default_flow_style=False
    )
    return text

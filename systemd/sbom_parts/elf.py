"""What an ELF file says it is linked with, and where those libraries are in a Debian system."""
import functools
import pathlib
import struct
from typing import NamedTuple

# Machine number of the ELF header -> Debian's name of the machine, and of its folder of libraries.
MACHINES = {
    3: ("i386", "i386-linux-gnu"), 40: ("armhf", "arm-linux-gnueabihf"), 62: ("amd64", "x86_64-linux-gnu"),
    183: ("arm64", "aarch64-linux-gnu"), 243: ("riscv64", "riscv64-linux-gnu"),
}
LOAD, DYNAMIC = 1, 2
NEEDED, STRTAB = 1, 5


class Error(Exception):
    pass


class Binary(NamedTuple):
    machine: int
    needed: list


@functools.cache
def read(path):
    data = pathlib.Path(path).read_bytes()
    try:
        return _parse(data)
    except (ValueError, struct.error):
        raise Error(f"{path} is no ELF program or library: give the built one, not a script or an archive") from None


def debian_machine(path):
    return MACHINES.get(read(path).machine, ("", ""))[0]


def _parse(data):
    if data[:4] != b"\x7fELF":
        raise ValueError
    wide = data[4] == 2
    order = "<" if data[5] == 1 else ">"
    machine = struct.unpack_from(order + "H", data, 18)[0]
    start = struct.unpack_from(order + ("Q" if wide else "I"), data, 32 if wide else 28)[0]
    size, count = struct.unpack_from(order + "HH", data, 54 if wide else 42)
    segments = [_segment(data, start + index * size, wide, order) for index in range(count)]
    tags = [tag for kind, offset, _, length in segments if kind == DYNAMIC for tag in _tags(data, offset, length, wide, order)]
    table = next((value for tag, value in tags if tag == STRTAB), None)
    names = _file_offset(segments, table) if table is not None else 0
    return Binary(machine, [data[names + value:data.index(b"\0", names + value)].decode() for tag, value in tags if tag == NEEDED])


def _segment(data, at, wide, order):
    """Kind, place in the file, address, length in the file."""
    if wide:
        kind, _, offset, address, _, length = struct.unpack_from(order + "IIQQQQ", data, at)
    else:
        kind, offset, address, _, length = struct.unpack_from(order + "IIIII", data, at)
    return kind, offset, address, length


def _tags(data, offset, length, wide, order):
    form = order + ("QQ" if wide else "II")
    for at in range(offset, offset + length, struct.calcsize(form)):
        tag, value = struct.unpack_from(form, data, at)
        if tag == 0:
            return
        yield tag, value


def _file_offset(segments, address):
    for kind, offset, begin, length in segments:
        if kind == LOAD and begin <= address < begin + length:
            return offset + address - begin
    raise ValueError


class Libraries:
    """Those of a root folder for the machine of one program."""

    def __init__(self, root, program):
        self.root = pathlib.Path(root)
        self.machine = program.machine
        folder = MACHINES.get(program.machine, ("", ""))[1]
        self.folders = [f"usr/lib/{folder}", f"lib/{folder}", "usr/lib", "lib", "usr/local/lib"]

    def find(self, name, user):
        """The path below the root. A library for another machine is passed over, as the loader does."""
        for folder in self.folders:
            path = self.root / folder / name
            if path.exists() and read(path).machine == self.machine:
                return path
        raise Error(f"{name}, which {user} needs, is not in {self.root}: install its package there, or give the ROOT it is in")

# SPDX-License-Identifier: Apache-2.0
"""What a place, a core of a rank, calls in the programs of random_ranks.py."""

from dataclasses import dataclass, field

from trainyard import _core
from trainyard.nki import collectives

MODULES = {"isa": _core.isa, "ncc": collectives}


@dataclass(eq=False)
class Family:
    """A tensor that every place has; `values` is the mirror of each."""
    name: str
    shape: tuple
    dtype: str
    buffer: str
    values: dict = field(default_factory=dict)


@dataclass
class Part:
    """A place's tensor or some columns of it; of a shared one the rows of core `core`."""
    family: Family
    columns: slice = None
    core: int = None
    whole: bool = False

    def of(self, tensors, place):
        tensor, rows = tensors[self.family.name], self.family.shape[0]
        if self.family.buffer == "shared_hbm" and not self.whole:
            core = place[1] if self.core is None else self.core
            tensor = tensor[core * rows:(core + 1) * rows]
        return tensor if self.columns is None else tensor[:, self.columns]

    def __repr__(self):
        columns = "" if self.columns is None else f"[:, {self.columns}]"
        core = "" if self.core is None else f" of core {self.core}"
        return f"{self.family.name}{columns}{core}"


@dataclass
class Register:
    value: int


@dataclass
class Call:
    """`arguments`: Parts, and lists of them, become tensors when it runs; Registers registers."""
    module: str
    function: str
    arguments: dict

    def resolved(self, tensors, place):
        def resolve(value):
            if isinstance(value, Part):
                return value.of(tensors, place)
            if isinstance(value, list):
                return [resolve(v) for v in value]
            return _core.isa.register_alloc(value.value) if isinstance(value, Register) else value

        return {name: resolve(value) for name, value in self.arguments.items()}

    def run(self, _session, tensors, place):
        getattr(MODULES[self.module], self.function)(**self.resolved(tensors, place))

    def __repr__(self):
        shown = ", ".join(f"{k}={getattr(v, 'groups', v)!r:.200}"
                          for k, v in self.arguments.items())
        return f"{self.module}.{self.function}({shown})"


@dataclass
class Upload:
    """The place's tensor of a family comes to be, with the mirror's values or with none."""
    family: Family
    inputs: list          # of each rank: the values of its cores, or nothing

    def run(self, session, tensors, place):
        family, (rank, core), count = self.family, place, session.core_place[1]
        shared = family.buffer == "shared_hbm"
        shape = (count * family.shape[0], *family.shape[1:]) if shared else family.shape
        tensors[family.name] = session.ndarray(shape, family.dtype, family.buffer, family.name)
        if self.inputs:
            source = session.input(self.inputs[rank], (count, *family.shape), family.dtype)
            _core.isa.dma_copy(dst=Part(family).of(tensors, place), src=source[core])

    def __repr__(self):
        return f"{self.family.name} = {self.family.shape} {self.family.dtype} {self.family.buffer}"

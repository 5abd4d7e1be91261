# SPDX-License-Identifier: Apache-2.0
"""Makes `import nki` and the like mean the packages inside of trainyard."""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys

ALIASES = ("nki", "neuron_dtypes", "neuronxcc")
IDENTITY = ("__name__", "__spec__", "__loader__", "__package__", "__path__", "__file__")


class AliasFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """One module object under both names, so that types and enums are the same ones."""

    def __init__(self):
        self.kept = {}

    def find_spec(self, fullname, path=None, target=None):
        if fullname.split(".")[0] not in ALIASES:
            return None
        if importlib.util.find_spec("trainyard." + fullname) is None:
            return None
        return importlib.machinery.ModuleSpec(fullname, self)

    def create_module(self, spec):
        module = importlib.import_module("trainyard." + spec.name)
        self.kept[spec.name] = {name: module.__dict__.get(name) for name in IDENTITY}
        return module

    def exec_module(self, module):
        # The import machinery has just put the alias's identity on the module.
        module.__dict__.update(self.kept.pop(module.__spec__.name))


def install():
    if not any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, AliasFinder())

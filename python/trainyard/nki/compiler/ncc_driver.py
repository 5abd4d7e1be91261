# SPDX-License-Identifier: Apache-2.0
"""Names only: nothing is compiled for hardware here."""

from trainyard.faults import NOT_MODELLED, fault


class CompileOptions:
    def __init__(self, **options):
        self.__dict__.update(options)

    def disable_backend_optimizations(self):
        return self


class CompiledKernel:
    @classmethod
    def from_frontend(cls, _result, _options):
        raise fault(NOT_MODELLED, "there is no compiler for hardware", "call the kernel itself: "
                    "it is simulated", "CompiledKernel.from_frontend")

# SPDX-License-Identifier: Apache-2.0
"""Names only."""


class NKIFrontend:
    pass


class ParserFrontend(NKIFrontend):
    pass

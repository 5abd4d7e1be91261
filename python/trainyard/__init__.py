# SPDX-License-Identifier: Apache-2.0
"""Trainyard: a Trainium you can run on your own machine."""

from importlib.metadata import version

__version__ = version("trainyard")

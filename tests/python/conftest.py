# SPDX-License-Identifier: Apache-2.0
"""In these tests `import nki` means trainyard's."""

from trainyard import alias

alias.install()

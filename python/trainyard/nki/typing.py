# SPDX-License-Identifier: Apache-2.0
"""Annotations of kernel arguments: `tensor[...]`, `mutable_tensor`. They mean nothing here."""


class tensor:
    def __class_getitem__(cls, shape):
        return cls


class mutable_tensor(tensor):
    pass

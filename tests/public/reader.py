# SPDX-License-Identifier: Apache-2.0
"""Instructions also executed by their NumPy readings, on the operands that the core holds when the
call comes, compared and timed."""

import collections
import contextlib
import time
from pathlib import Path

import greenlet
import numpy as np
from call import Call, NoReading, Parameters
from readings import READINGS
from reference.formats import same
from sums import Near, registers
from trainyard import _core
from trainyard.nki import isa, settings

SHOWN = 3   # problems of one instruction in one case


class Clock:
    """CPU seconds of the running core's part: a launch on two cores is two greenlets."""

    def __init__(self):
        self.used, self.last = collections.Counter(), 0.0

    def switched(self, _event, origin_and_target):
        now = time.process_time()
        self.used[origin_and_target[0]] += now - self.last
        self.last = now

    def __call__(self):
        return self.used[greenlet.getcurrent()] + time.process_time() - self.last


class Account(dict):
    """What one instruction came to in one case."""

    def __init__(self):
        super().__init__(calls=0, core_s=0.0, read=0, core_read_s=0.0, reading_s=0.0, capped=0)


class Reader:
    def __init__(self, cap_s):
        self.cap_s, self.clock, self.active = cap_s, Clock(), False
        self.accounts, self.problems, self.unread = {}, [], collections.Counter()

    def begin(self):
        self.accounts, self.problems = collections.defaultdict(Account), []
        self.unread = collections.Counter()
        registers.clear()
        self.clock.used.clear()

    @contextlib.contextmanager
    def installed(self):
        """The instructions of the core call the reader while this lasts."""
        before = dict(vars(_core.isa))
        greenlet.settrace(self.clock.switched)
        try:
            for name, function in before.items():
                try:
                    wrapped = self.wrapped(name, function, Parameters(function))
                except (TypeError, ValueError):     # no instruction, or a collective's signature
                    continue
                self.put(name, function, wrapped)
            yield self
        finally:
            greenlet.settrace(None)
            for name, function in before.items():
                self.put(name, getattr(_core.isa, name), function)

    @staticmethod
    def put(name, old, new):
        if new is old:
            return
        setattr(_core.isa, name, new)
        if getattr(isa, name, None) is old:
            setattr(isa, name, new)

    def wrapped(self, name, function, parameters):
        def instruction(*positional, **named):
            if not self.active:
                return function(*positional, **named)
            account = self.accounts[name]
            account["calls"] += 1
            call = Call(name, parameters.bind(positional, named),
                        _core.current_session_or_none(), settings.machine())
            work = self.prepare(call, account)
            start = self.clock()
            result = function(*positional, **named)
            core_s = self.clock() - start
            account["core_s"] += core_s
            if work is not None:
                account["read"] += 1
                account["core_read_s"] += core_s
                self.compare(call, work, account)
            return result
        instruction.__name__ = name
        return instruction

    def prepare(self, call, account):
        if account["reading_s"] > self.cap_s:
            account["capped"] += 1
            return None
        try:
            if call.name not in READINGS:
                raise NoReading("no reading")
            return READINGS[call.name](call)
        except NoReading as reason:
            self.unread[f"{call.name}: {reason}"] += 1
            return None

    def compare(self, call, work, account):
        start = self.clock()
        wants = work()
        account["reading_s"] += self.clock() - start
        for name, want in wants.items():
            got, stays = call.rows(name), staying(call[name])
            problem = judged(got, want, stays)
            if problem:
                account["problems"] = account.get("problems", 0) + 1
                if account["problems"] <= SHOWN:
                    file, line = call.session.last_place
                    self.problems.append(f"{Path(file).name}:{line} {call.name}({told(call)}): "
                                         f"{name} {problem}")


def told(call):
    return ", ".join(f"{name}={told_value(value)}" for name, value in call.arguments.items()
                     if value is not None)


def told_value(value):
    if isinstance(value, _core.Tensor):
        return f"{getattr(value.dtype, 'name', value.dtype)}{list(value.shape)}"
    return getattr(value, "__name__", None) or repr(value)


def staying(tensor):
    """Which elements later ones of the same place do not overwrite; None: all."""
    steps = [step for step, _ in tensor.get_pattern()]
    if 0 not in steps or len(steps) != len(tensor.shape):
        return None
    stays = np.zeros(tuple(tensor.shape), bool)
    stays[tuple(-1 if step == 0 else slice(None) for step in steps)] = True
    return stays


def judged(got, want, stays):
    if isinstance(want, Near):
        return want(got, stays)
    if callable(want):
        return want(got)
    want = want.reshape(got.shape)
    ok = same(got, want if want.dtype == got.dtype else want.view(got.dtype))
    if stays is not None:
        ok |= ~stays.reshape(got.shape)
    if ok.all():
        return None
    at = tuple(int(i) for i in np.argwhere(~ok)[0])
    return f"{list(at)} is {got[at]!r}, reading {want[at]!r}; {int((~ok).sum())} of {ok.size}"

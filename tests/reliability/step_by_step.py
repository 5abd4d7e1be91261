# SPDX-License-Identifier: Apache-2.0
"""An independent reading of docs/reliability.md: through a job step by step, chip by chip.

Run as a program it writes step_by_step.csv, with which referee_test.cc compares the model (about a
minute). It shares no code and no random numbers with it:

    python tests/reliability/step_by_step.py
"""

import csv
import dataclasses
import heapq
import pathlib

import numpy as np

LIVES = 400


@dataclasses.dataclass
class Kind:
    effect: str
    per_chip_day: float
    detection_s: float = 0.0  # mean, exponential
    repair_s: float = 0.0     # mean, exponential
    takes_node: bool = True
    copy_lost: float = 0.0
    slowdown: float = 0.0


@dataclasses.dataclass
class Job:
    chips: int
    chips_per_node: int
    kinds: list
    days: float = 4.0
    step_s: float = 20.0
    spares: int = 0
    disk: int = 0              # steps between checkpoints, seconds of writing and reading
    disk_s: float = 0.0
    asynchronous: bool = False
    pause_s: float = 0.0
    memory: int = 0
    memory_s: float = 0.0
    validation: int = 0
    validation_s: float = 0.0
    restart_s: float = 100.0
    replicas: int = 1
    replicas_min: int = 1
    regroup_s: float = 0.0


class Failed(Exception):
    def __init__(self, kind):
        super().__init__()
        self.kind = kind


class Ended(Exception):
    pass


class Life:
    """One job, as a person with a clock would keep its books."""

    def __init__(self, job, rng):
        self.job, self.rng = job, rng
        self.now, self.end = 0.0, job.days * 86400
        self.nodes = job.chips // job.chips_per_node
        self.active = job.replicas
        self.spent = dict.fromkeys(["detection", "waiting", "restart", "disk", "memory",
                                    "validation"], 0.0)
        self.interruptions = self.out = 0
        self.repairs, self.stragglers = [], []
        self.step = 0.0                 # of work, in full steps
        self.disk_at, self.memory_at, self.clean_at = 0.0, None, 0.0
        self.writing = []               # (when it is safe, position) of asynchronous writes
        self.corrupt_at = None
        # Every chip has a clock for every kind of failure.
        rates = np.array([kind.per_chip_day / 86400 for kind in job.kinds])
        self.mean = 1 / np.repeat(rates[:, None], job.chips, axis=1)
        self.next = rng.exponential(self.mean)

    def take(self, kind):
        if self.rng.random() < kind.copy_lost:
            self.memory_at = None
        if kind.takes_node and self.out < self.nodes + self.job.spares:
            self.out += 1
            heapq.heappush(self.repairs, self.now + self.rng.exponential(kind.repair_s))

    def draw_failure(self, until):
        """The next failure of a chip that is in use, if it comes before `until`."""
        while True:
            kind, chip = divmod(int(self.next.argmin()), self.job.chips)
            at = self.next[kind, chip]
            if at >= until:
                return None
            self.next[kind, chip] = at + self.rng.exponential(self.mean[kind, chip])
            if chip * self.job.replicas >= self.active * self.job.chips:
                continue                # of a replica that has been dropped
            return at, self.job.kinds[kind]

    def idle(self, seconds, cause):
        """The job stands still whatever fails."""
        until = min(self.end, self.now + seconds)
        while (failure := self.draw_failure(until)) is not None:
            self.spent[cause] += failure[0] - self.now
            self.now = failure[0]
            if failure[1].effect == "stops":
                self.take(failure[1])
        self.spent[cause] += until - self.now
        self.now = until
        if self.now >= self.end:
            raise Ended

    def busy(self, seconds, cause, running):
        """Something that a failure breaks off."""
        until = min(self.end, self.now + seconds)
        while (failure := self.draw_failure(until)) is not None:
            at, kind = failure
            if cause:
                self.spent[cause] += at - self.now
            self.now = at
            if kind.effect == "stops":
                raise Failed(kind)
            if running and kind.effect == "corrupts" and self.corrupt_at is None:
                self.corrupt_at = self.step
            if running and kind.effect == "slows":
                found = self.now + self.rng.exponential(kind.detection_s)
                heapq.heappush(self.stragglers, (found, kind.slowdown))
        if cause:
            self.spent[cause] += until - self.now
        self.now = until
        if self.now >= self.end:
            raise Ended

    def collect(self):
        while self.repairs and self.repairs[0] <= self.now:
            heapq.heappop(self.repairs)
            self.out -= 1

    def usable(self):
        healthy = self.nodes + self.job.spares - self.out
        return min(self.job.replicas, healthy * self.job.replicas // self.nodes)

    def settle(self):
        for safe_at, position in self.writing:
            if safe_at <= self.now:
                self.saved(position)
        self.writing = []

    def saved(self, position):
        self.disk_at = position
        job = self.job
        if job.validation and position % job.validation == 0 and (
                self.corrupt_at is None or position <= self.corrupt_at):
            self.clean_at = position

    def come_back(self, kind, detect, keep):
        """Detection, nodes, restart: again until nothing breaks it off."""
        job = self.job
        while True:
            while self.stragglers and self.stragglers[0][0] <= self.now:
                heapq.heappop(self.stragglers)
                self.take([k for k in job.kinds if k.effect == "slows"][0])
            if detect and kind.detection_s:
                self.idle(self.rng.exponential(kind.detection_s), "detection")
            self.collect()
            while self.usable() < job.replicas_min:
                self.idle(self.repairs[0] - self.now, "waiting")
                self.collect()
            self.active = self.usable()
            from_memory = self.memory_at is not None and self.memory_at >= self.disk_at
            load_s = job.memory_s if from_memory else job.disk_s if job.disk else 0
            seconds = job.regroup_s if keep else job.restart_s + load_s
            try:
                self.busy(seconds, "restart", running=False)
            except Failed as failed:
                self.interruptions += 1
                kind, detect = failed.kind, True
                self.take(kind)
                continue
            break
        if not keep:
            self.step = self.memory_at if from_memory else self.disk_at
            if job.memory:
                self.memory_at = self.step
        if self.corrupt_at is not None and self.step <= self.corrupt_at:
            self.corrupt_at = None

    def one_step(self):
        job = self.job
        share = self.active / job.replicas
        slow = 1 + max([slowdown for _, slowdown in self.stragglers], default=0)
        self.busy(job.step_s * slow, None, running=True)
        before = self.step
        self.step = round(self.step + share, 9)
        crosses = lambda every: every and int(self.step / every) > int(before / every)  # noqa: E731
        if crosses(job.memory):
            self.busy(job.memory_s, "memory", running=True)
            self.memory_at = self.step
        if crosses(job.validation):
            self.busy(job.validation_s, "validation", running=True)
            if self.corrupt_at is not None:
                return False
        if crosses(job.disk):
            if job.asynchronous:
                self.busy(job.pause_s, "disk", running=True)
                self.settle_all_before(self.now)
                self.writing.append((self.now + job.disk_s, self.step))
            else:
                self.busy(job.disk_s, "disk", running=True)
                self.saved(self.step)
        return True

    def settle_all_before(self, now):
        for safe_at, position in self.writing:
            if safe_at <= now:
                self.saved(position)
        self.writing = [write for write in self.writing if write[0] > now]

    def events_between_steps(self):
        """What a person would look for after each step."""
        job = self.job
        self.collect()
        if self.active < job.replicas and self.usable() > self.active:
            gain = (self.usable() - self.active) / job.replicas
            rate = sum(kind.per_chip_day for kind in job.kinds) * job.chips / 86400
            rate *= self.active / job.replicas
            if gain * min(self.end - self.now, 1 / rate) > job.regroup_s:
                self.busy(job.regroup_s, "restart", running=False)
                self.active = self.usable()
        if self.stragglers and self.stragglers[0][0] <= self.now:
            heapq.heappop(self.stragglers)
            kind = [k for k in job.kinds if k.effect == "slows"][0]
            self.interruptions += 1
            self.take(kind)
            keep = job.replicas > 1
            if not keep and job.disk:
                self.busy(job.pause_s + job.disk_s, "disk", running=False)
                self.disk_at = self.step
                if job.memory:
                    self.memory_at = self.step
            self.come_back(kind, detect=False, keep=keep)

    def live(self):
        job = self.job
        try:
            while True:
                try:
                    clean = self.one_step()
                    if clean:
                        self.events_between_steps()
                        continue
                    self.interruptions += 1
                    kind = [k for k in job.kinds if k.effect == "corrupts"][0]
                    self.take(kind)
                    self.disk_at, self.memory_at, self.corrupt_at = self.clean_at, None, None
                    self.writing = []
                    self.come_back(kind, detect=True, keep=False)
                except Failed as failed:
                    self.interruptions += 1
                    self.settle()
                    keep = job.replicas > 1 and self.active >= 2
                    self.take(failed.kind)
                    self.come_back(failed.kind, detect=True, keep=keep)
        except Ended:
            pass
        useful = self.step * job.step_s / self.end
        shares = {cause: seconds / self.end for cause, seconds in self.spent.items()}
        return {"useful": useful, "interruptions": self.interruptions, **shares}


def stops(rate, **more):
    return Kind("stops", rate, detection_s=60, **more)


# referee_test.cc has the same jobs.
JOBS = {
    "restarts": Job(64, 8, [stops(0.2, takes_node=False)], disk=60, disk_s=40),
    "two_levels": Job(64, 8, [stops(0.2, takes_node=False, copy_lost=0.3)], disk=100, disk_s=60,
                      memory=10, memory_s=5),
    "spares": Job(64, 8, [stops(0.1, repair_s=10_000)], spares=1, disk=60, disk_s=40),
    "asynchronous": Job(64, 8, [stops(0.3, takes_node=False)], disk=20, disk_s=200,
                        asynchronous=True, pause_s=4),
    "silent": Job(64, 8, [stops(0.05, takes_node=False),
                          Kind("corrupts", 0.1, detection_s=300, takes_node=False)],
                  disk=50, disk_s=30, validation=200, validation_s=60),
    "stragglers": Job(64, 8, [stops(0.05, takes_node=False),
                              Kind("slows", 0.05, detection_s=8000, takes_node=False,
                                   slowdown=0.3)], disk=50, disk_s=30),
    "elastic": Job(64, 2, [stops(0.15, repair_s=30_000)], disk=200, disk_s=30, replicas=8,
                   replicas_min=1, regroup_s=50),
    "short_gaps": Job(64, 8, [stops(3.0, takes_node=False)], disk=10, disk_s=10),
}


def main():
    rng = np.random.default_rng(2026)
    rows = [["job", "what", "mean", "standard_error"]]
    for name, job in JOBS.items():
        lives = [Life(job, rng).live() for _ in range(LIVES)]
        for what in lives[0]:
            values = np.array([life[what] for life in lives])
            rows.append([name, what, f"{values.mean():.6g}",
                         f"{values.std(ddof=1) / np.sqrt(LIVES):.3g}"])
    path = pathlib.Path(__file__).with_suffix(".csv")
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    main()

"""The controller of a chaos run: starts everything, lets officers issue, kills, and waits until all is told."""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from django.db import OperationalError, connections

from gens.accounts.tenancy import acting_for
from hubclient import outbox
from hubclient.models import Envelope
from hubclient.pilothub import registry
from tests.chaos import people, verdict
from tests.chaos.world import RATES, World


@dataclass
class Told:
    """What the controller did."""

    kills: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    presses: int = 0
    seconds: float = 0


class Controller:
    """Runs until everything has arrived, or the time is over."""

    def __init__(self, world: World, *, each: int, seconds: float, kill_every: float, seed: int) -> None:
        self.world, self.each, self.seconds, self.kill_every = world, each, seconds, kill_every
        self.random = random.Random(seed)
        self.told = Told()
        self.is_over = threading.Event()

    def run(self) -> tuple[verdict.Verdict, Told]:
        start = time.monotonic()
        sides = self._prepare()
        desks = [threading.Thread(target=self._issue, args=(side,), daemon=True) for side in sides]
        killer = threading.Thread(target=self._kill, daemon=True)
        for thread in (*desks, killer):
            thread.start()
        self._watch(sides, start)
        self.is_over.set()
        killer.join()
        self.told.seconds = time.monotonic() - start
        return verdict.judge(sides), self.told

    def _prepare(self) -> list[people.Side]:
        self.world.start("hub")
        sides = people.sides(self.world, self.each)
        for side in sides:
            for operation, faults in RATES.items():
                for name, rate in faults.items():
                    registry.misbehave(side.nppo.code, name, None, rate=rate, operation=operation)
        self.world.start("web")
        self.world.start("worker")
        return sides

    def _issue(self, side: people.Side) -> None:
        desk = people.Desk(self.world, side.officer)
        desk.sign_in()
        for pk in side.waiting:
            desk.issue(pk)
        self.told.presses += desk.presses
        connections.close_all()

    def _kill(self) -> None:
        """Every few seconds the worker or the web server; the database once, when a third of the time to the first half is over."""
        number = 0
        while not self.is_over.wait(self.kill_every * self.random.uniform(0.5, 1.5)):
            number += 1
            name = "database" if number == 5 else self.random.choice(["worker", "web"])
            if name == "database":
                self.world.crash_database()
            else:
                self.world.kill(name)
            self.told.kills[name] += 1

    def _watch(self, sides: list[people.Side], start: float) -> None:
        """Do what officers would: try again what the Hub refused; and let through what it keeps for days."""
        while time.monotonic() - start < self.seconds:
            time.sleep(2)
            try:
                for side in sides:
                    self._try_again(side)
                    registry.release(side.nppo.code)
                if verdict.open_work(sides) == 0:
                    return
            except OperationalError:
                connections.close_all()  # the database is away for a moment

    def _try_again(self, side: people.Side) -> None:
        with acting_for(side.nppo.pk):
            failed = list(Envelope.objects.filter(is_incoming=False, state=Envelope.State.FAILED))
        for envelope in failed:
            with acting_for(side.nppo.pk):
                outbox.retry(envelope, by=side.officer)
            self.told.retries += 1

"""Time that stands still while somebody works and jumps when everybody waits."""

from __future__ import annotations

import threading

from engine.execution.clock import VirtualClock


def test_time_jumps_to_the_first_of_those_that_wait() -> None:
    clock = VirtualClock(start=100.0)
    seen: list[tuple[str, float]] = []

    def sleep(name: str, seconds: float) -> None:
        clock.event().wait(seconds)
        seen.append((name, clock.now()))
        clock.leave()

    for _ in range(2):
        clock.enter()
    threads = [threading.Thread(target=sleep, args=args) for args in (("long", 3600.0), ("short", 60.0))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert seen == [("short", 160.0), ("long", 3700.0)]


def test_a_held_clock_does_not_jump() -> None:
    clock = VirtualClock(start=0.0)
    clock.hold()
    clock.enter()
    event, done = clock.event(), threading.Event()

    def sleep() -> None:
        event.wait(10.0)
        clock.leave()
        done.set()

    thread = threading.Thread(target=sleep)
    thread.start()
    assert not clock.settle(0.05)
    assert clock.now() == 0.0
    clock.release()
    assert done.wait(20)
    assert clock.now() == 10.0
    thread.join()


def test_an_event_wakes_before_its_time() -> None:
    clock = VirtualClock(start=0.0)
    clock.enter()
    clock.enter()
    event = clock.event()
    result: list[bool] = []

    def sleep() -> None:
        result.append(event.wait(1000.0))
        clock.leave()

    thread = threading.Thread(target=sleep)
    thread.start()
    event.set()
    clock.leave()
    thread.join(20)
    assert result == [True]
    assert clock.now() == 0.0

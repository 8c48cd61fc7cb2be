"""How hard an endpoint is asked: the minute's window, fewer calls at once after 429, the breaker."""

from app.transcripts.limits import Allowance, Breaker, Window, backoff


class Clock:
    """A clock that moves when it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_requests_a_minute_hold_in_any_sixty_seconds() -> None:
    clock = Clock()
    window = Window(2, None, clock)
    assert window.admit(10) is not None
    clock.now += 30
    assert window.admit(10) is not None
    assert window.admit(10) is None
    assert window.wait(10) == 30
    clock.now += 30
    assert window.admit(10) is not None
    assert window.admit(10) is None


def test_tokens_are_counted_at_their_most_until_the_answer_tells() -> None:
    clock = Clock()
    window = Window(None, 1000, clock)
    first = window.admit(800)
    assert first is not None
    assert window.admit(300) is None
    window.settle(first, 100)
    assert window.used() == (1, 100)
    assert window.admit(300) is not None
    assert window.used() == (2, 400)


def test_a_call_larger_than_the_whole_limit_goes_alone() -> None:
    clock = Clock()
    window = Window(None, 100, clock)
    assert window.admit(500) is not None
    assert window.admit(1) is None
    clock.now += 60
    assert window.admit(500) is not None


def test_an_answer_that_comes_after_its_minute_changes_nothing() -> None:
    clock = Clock()
    window = Window(None, 1000, clock)
    entry = window.admit(900)
    assert entry is not None
    clock.now += 61
    window.settle(entry, 5)
    assert window.used() == (0, 0)


def test_the_window_of_a_process_that_ended_is_taken_over() -> None:
    clock = Clock()
    window = Window(2, None, clock)
    window.count(45, 10)
    window.count(5, 10)
    assert window.admit(1) is None
    assert window.wait(1) == 15


def test_without_a_limit_calls_are_counted_alike_and_still_stand_when_one_is_set() -> None:
    clock = Clock()
    window = Window(None, None, clock)
    counted = []
    for _ in range(1000):
        counted.append(window.admit(10))
        clock.now += 0.001
    for one in counted[:3]:
        assert one is not None
        window.settle(one, 4)
    assert window.used() == (1000, 9982)
    assert len({id(one[0]) for one in counted if one is not None}) < 12  # whatever their number
    window.configure(1001, None)
    clock.now += 0.5
    assert window.admit(1) is not None
    assert window.admit(1) is None
    clock.now += 58.5
    assert window.used()[0] == 1001
    clock.now += 1.1
    assert window.used() == (1, 1)


def test_what_the_provider_asks_is_waited_and_capped() -> None:
    assert backoff(1, 7.0, slow_down=True, uniform=lambda: 0.0) == 7.0
    assert backoff(1, 10.0, slow_down=True, uniform=lambda: 1.0) == 11
    assert backoff(1, 86_400.0, slow_down=True) == 60


def test_without_a_word_from_the_provider_waits_double_under_full_jitter() -> None:
    longest = [backoff(tried, None, slow_down=False, uniform=lambda: 1.0) for tried in (1, 2, 3)]
    assert longest == [0.2, 0.4, 0.8]
    assert backoff(3, None, slow_down=False, uniform=lambda: 0.0) == 0
    assert [backoff(tried, None, slow_down=True, uniform=lambda: 1.0) for tried in (1, 2, 3)] == [1, 2, 4]


def test_a_burst_of_429_halves_the_calls_at_once_and_once_only() -> None:
    clock = Clock()
    allowance = Allowance(64, clock)
    cuts = [allowance.refused(0.5) for _ in range(20)]
    assert cuts.count(True) == 1
    assert allowance.now == 32
    clock.now += 1
    assert allowance.refused(0.5)
    assert allowance.now == 16


def test_a_stray_429_leaves_the_calls_at_once() -> None:
    allowance = Allowance(64, Clock())
    for n in range(2000):
        if n % 20 == 0:
            allowance.refused(0.05)
        else:
            allowance.answered()
    assert allowance.now == 64


def test_the_allowance_comes_back_one_by_one_and_never_passes_its_limit() -> None:
    clock = Clock()
    allowance = Allowance(4, clock)
    allowance.refused(0.1)
    assert allowance.now == 2
    for _ in range(2):
        allowance.answered()
    assert allowance.now == 3
    for _ in range(50):
        allowance.answered()
    assert allowance.now == 4


def test_one_call_at_once_is_the_least() -> None:
    clock = Clock()
    allowance = Allowance(2, clock)
    for _ in range(10):
        clock.now += 10
        allowance.refused(0.1)
    assert allowance.now == 1


def test_a_changed_limit_is_taken_at_once() -> None:
    allowance = Allowance(4)
    allowance.configure(8)
    assert allowance.now == 8
    allowance.configure(2)
    assert (allowance.now, allowance.most) == (2, 2)


def failing(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.failed()


def test_eight_failures_in_a_row_open_the_breaker_and_one_success_between_does_not() -> None:
    breaker = Breaker(Clock())
    failing(breaker, 7)
    breaker.succeeded()
    failing(breaker, 7)
    assert (breaker.state, breaker.slots(64)) == ("closed", 64)
    breaker.failed()
    assert (breaker.state, breaker.slots(64)) == ("open", 0)


def test_an_open_breaker_lets_one_call_try_and_closes_when_it_is_answered() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    failing(breaker, 8)
    assert breaker.wait() == 0.5
    assert not breaker.enter()
    clock.now += 0.5
    assert (breaker.state, breaker.slots(64)) == ("trial", 1)
    assert breaker.enter()
    assert not breaker.enter()
    assert breaker.slots(64) == 0
    breaker.succeeded()
    assert (breaker.state, breaker.slots(64)) == ("closed", 64)


def test_a_failed_trial_opens_it_for_twice_as_long_and_late_failures_do_not() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    failing(breaker, 8)
    failing(breaker, 5)  # calls that were under way when it opened
    assert breaker.wait() == 0.5
    waits = []
    while not breaker.exhausted:
        clock.now += breaker.wait()
        assert breaker.enter()
        breaker.failed()
        waits.append(breaker.wait())
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_trial_that_was_not_used_is_given_back() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    failing(breaker, 8)
    clock.now += 1
    assert breaker.enter()
    breaker.leave()
    assert breaker.enter()

"""What the model server is told: this machine alone, one call at a time, little memory."""

from types import SimpleNamespace

from app.demo.server import settings


def stand_in() -> SimpleNamespace:
    """A package whose parameters are blank."""

    def params() -> SimpleNamespace:
        return SimpleNamespace(
            model=SimpleNamespace(), cpuparams=SimpleNamespace(), cpuparams_batch=SimpleNamespace()
        )

    return SimpleNamespace(CommonParams=params)


def test_it_is_reached_from_this_machine_alone() -> None:
    told = settings(stand_in(), "toy.gguf", "toy", 8402)
    assert told.hostnames == ["127.0.0.1"]
    assert told.port == 8402
    assert told.model.path == "toy.gguf"
    assert told.model_alias == {"toy"}


def test_it_answers_one_call_at_a_time_on_one_thread() -> None:
    told = settings(stand_in(), "toy.gguf", "toy", 8402)
    assert told.n_parallel == 1
    assert (told.cpuparams.n_threads, told.cpuparams_batch.n_threads) == (1, 1)
    assert told.n_ctx == 2048, "the total, which one slot has to itself"


def test_its_memory_is_bounded() -> None:
    told = settings(stand_in(), "toy.gguf", "toy", 8402)
    assert told.cache_ram_mib == 64
    assert told.warmup is False

"""The fuzz guided by coverage, with atheris (libFuzzer): what reaches new lines of ours is kept, and changed further.

`python -m tests.fuzz --guided` runs this, in a process of its own: libFuzzer ends it, with 0 when all is done.
"""

import sys
from pathlib import Path
from random import Random


def main() -> None:
    """Try messages: the arguments are a folder to work in, how many messages, and a seed."""
    folder, n_payloads, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    import atheris  # noqa: PLC0415 - only who fuzzes has it

    with atheris.instrument_imports(include=["sensors", "stream", "storage"]):
        from tests.fuzz.fuzz import Fuzz, Message, report  # noqa: PLC0415 - what is imported here is watched
        from tests.fuzz.mutate import mutated  # noqa: PLC0415
        from tests.fuzz.seeds import seeds  # noqa: PLC0415

    known = seeds()
    for number, one in enumerate(known):
        (folder / str(number)).write_bytes(_written(one.topic, one.payload))
    payloads = [one.payload for one in known]
    fuzz = Fuzz(seed)

    def try_bytes(data: bytes) -> None:
        fuzz.try_message(Message(*_read(data)))
        if fuzz.n_tried == n_payloads:  # libFuzzer comes back to nobody
            report(fuzz, sys.stdout)
            sys.stdout.flush()

    def change(data: bytes, longest: int, seed: int) -> bytes:
        rng = Random(seed)
        if rng.random() < 0.5:
            return bytes(atheris.Mutate(data, longest))
        topic, payload = _read(data)
        return _written(topic, mutated(rng, payload, payloads))[:longest]

    flags = [f"-runs={n_payloads}", f"-seed={seed}", "-max_len=65536", "-report_slow_units=60", f"-artifact_prefix={Path.cwd()}/"]
    atheris.Setup([sys.argv[0], *flags, str(folder)], try_bytes, custom_mutator=change)
    atheris.Fuzz()


def _written(topic: str | None, payload: bytes) -> bytes:
    return (topic or "").encode(errors="replace") + b"\n" + payload


def _read(data: bytes) -> tuple[str | None, bytes]:
    """The first line is the topic, none where it is empty, the rest the payload."""
    topic, _, payload = data.partition(b"\n")
    return topic.decode(errors="replace") or None, payload


if __name__ == "__main__":
    main()

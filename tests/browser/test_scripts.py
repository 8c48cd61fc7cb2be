"""The scripts' own rules, as tables run inside one page: chords, moments, what an event concerns, what is told."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

Run = Callable[..., Any]

CHORDS = [  # what is pressed, its chord
    ({"code": "KeyJ"}, "KeyJ"),
    ({"code": "KeyJ", "shiftKey": True}, "Shift+KeyJ"),
    ({"code": "KeyK", "ctrlKey": True}, "Ctrl+KeyK"),
    ({"code": "KeyK", "metaKey": True}, "Ctrl+KeyK"),
    ({"code": "Digit1", "altKey": True, "shiftKey": True}, "Alt+Shift+Digit1"),
]
LABELS = [  # a chord, how it is written
    ("KeyJ", ["j"]),
    ("Shift+KeyJ", ["Shift", "J"]),
    ("Ctrl+KeyK", ["Ctrl", "K"]),
    ("Digit1", ["1"]),
    ("Comma", [","]),
    ("BracketLeft", ["["]),
    ("Escape", ["Esc"]),
    ("Enter", ["Enter"]),
]
FIELDS = [  # an element, whether keys are silent in it
    ("<input>", True),
    ("<input type='search'>", True),
    ("<textarea></textarea>", True),
    ("<select></select>", True),
    ("<div contenteditable='true'></div>", True),
    ("<input type='checkbox'>", False),
    ("<button></button>", False),
    ("<div></div>", False),
]
MOMENTS = [  # a moment, its form, what is said of it at half past two on the third of May 2026
    ("2026-05-03T14:29:30Z", "ago", "just now"),
    ("2026-05-03T14:28:59Z", "ago", "1 min ago"),
    ("2026-05-03T13:31:00Z", "ago", "59 min ago"),
    ("2026-05-03T13:29:00Z", "ago", "13:29"),
    ("2026-05-02T23:59:00Z", "ago", "yesterday 23:59"),
    ("2026-05-01T09:05:00Z", "ago", "1 May, 09:05"),
    ("2025-12-31T09:05:00Z", "ago", "31 Dec 2025"),
    ("2026-05-03T18:00:00Z", "ago", "18:00"),
    ("2026-05-03T09:05:07Z", "time", "09:05"),
    ("2026-05-03T09:05:07Z", "date", "3 May 2026"),
    ("2026-05-03T09:05:07Z", "full", "3 May 2026, 09:05:07 UTC"),
]
PROGRESS = "run.progress"
CONCERNS = [  # a region's data, an event, whether the region hears it
    ({"live": PROGRESS}, {"kind": PROGRESS, "ids": {}}, True),
    ({"live": "run.progress run.state"}, {"kind": "run.state", "ids": {}}, True),
    ({"live": PROGRESS}, {"kind": "run.progressed", "ids": {}}, False),
    ({"live": PROGRESS}, {"kind": "reload", "ids": {}}, True),
    ({"live": PROGRESS, "liveIds": "run=12"}, {"kind": PROGRESS, "ids": {"run": 12}}, True),
    ({"live": PROGRESS, "liveIds": "run=12"}, {"kind": PROGRESS, "ids": {"run": 1}}, False),
    ({"live": PROGRESS, "liveIds": "run=12"}, {"kind": PROGRESS, "ids": {"run": [3, 12]}}, True),
    ({"live": PROGRESS, "liveIds": "run=12"}, {"kind": PROGRESS, "ids": {"study": 1}}, True),
    ({"live": "note", "liveIds": "run=1 cell=2"}, {"kind": "note", "ids": {"run": 1, "cell": 3}}, False),
    ({"live": "note"}, {"kind": "note", "ids": {"client": "me"}}, False),
    ({"live": "note", "liveOwn": ""}, {"kind": "note", "ids": {"client": "me"}}, True),
    ({"live": "note"}, {"kind": "note", "ids": {"client": "you"}}, True),
]
REPLIES = [  # what a server answered, what the reader is told
    ({"status": 409, "responseText": '{"error": "It has changed in between"}'}, "It has changed in between"),
    ({"status": 500, "statusText": "Oh", "responseText": "<html>"}, "The server answered 500 Oh"),
    ({"status": 422, "statusText": "", "responseText": '{"error": ["no"]}'}, "The server answered 422"),
    ({"status": 0, "responseText": ""}, "The server does not answer"),
]


@pytest.fixture
def run(page: Page) -> Run:
    """Run an expression with a module of `static/js` as `it`, once for each case as `a` (a list of arguments)."""
    page.goto("/-/patterns")
    source = page.locator("script[type=module]").first.get_attribute("src") or ""
    folder = source.rsplit("/", 1)[0]

    def inside(module: str, expression: str, cases: Any = ([],)) -> Any:
        load = f"const it = await import('{folder}/{module}.js');"
        return page.evaluate(f"async cases => {{ {load} return cases.map(a => {expression}); }}", list(cases))

    return inside


def table(run: Run, module: str, expression: str, cases: list[Any]) -> None:
    """Run each case but its last member, and expect that."""
    found = run(module, expression, [case[:-1] for case in cases])
    told = [(*case[:-1], answer) for case, answer in zip(cases, found, strict=True)]
    assert told == [tuple(case) for case in cases]


def test_keys_are_places_on_the_keyboard_and_written_as_people_know_them(run: Run) -> None:
    table(run, "keys", "it.chordOf(new KeyboardEvent('keydown', a[0]))", CHORDS)
    table(run, "keys", "it.label(a[0])", LABELS)
    made = "new DOMParser().parseFromString(a[0], 'text/html').body.firstChild"
    table(run, "keys", f"it.inField({made})", FIELDS)


def test_a_module_owns_a_key_until_it_gives_it_up(run: Run) -> None:
    pressed = "new KeyboardEvent('keydown', {code: 'KeyY', key: 'y'})"
    found = run(
        "keys",
        f"""(() => {{
            const seen = [];
            const drop = it.onKey('KeyY', 'cite', () => seen.push('cited'));
            const named = it.list()[0][1].some(([keys, name]) => keys.join() === 'y' && name === 'cite');
            const ours = it.handle({pressed});
            drop();
            return [named, ours, it.handle({pressed}), seen];
        }})()""",
    )
    assert found == [[True, True, False, ["cited"]]]


def test_a_moment_is_said_as_near_as_people_say_it(run: Run) -> None:
    now = "new Date('2026-05-03T14:30:00Z')"
    table(run, "reltime", f"it.words(new Date(a[0]), a[1], {now})", MOMENTS)


def test_a_moment_is_told_in_the_readers_own_zone(open_page: Callable[..., Page]) -> None:
    page = open_page(timezone_id="Asia/Kolkata")
    page.goto("/-/patterns")
    page.evaluate(
        """() => {
            const time = document.querySelector('time[data-form=full]');
            time.dateTime = '2026-05-03T09:05:07Z';
            document.body.dispatchEvent(new CustomEvent('htmx:load', {detail: {elt: time}}));
        }"""
    )
    time = page.locator("time[data-form=full]").first
    assert time.text_content() == "3 May 2026, 14:35:07 GMT+5:30"
    assert time.get_attribute("title") == "3 May 2026, 14:35:07 GMT+5:30 · 2026-05-03 09:05:07 UTC"


def test_a_region_hears_what_it_is_about(run: Run) -> None:
    made = "{ dataset: Object.assign(document.createElement('div').dataset, a[0]) }"
    mine = "document.documentElement.dataset.client = 'me'"
    table(run, "live", f"({mine}, it.concerns({made}, a[1]))", CONCERNS)


def test_a_refused_request_is_told_in_the_servers_words(run: Run) -> None:
    table(run, "toast", "it.reason(a[0])", REPLIES)


def test_undo_takes_the_toast_away_and_calls_back_once(run: Run) -> None:
    found = run(
        "toast",
        """(() => {
            let calls = 0;
            const box = it.toast('Tag put', { undo: () => { calls += 1; } });
            box.querySelector('.undo').click();
            return [calls, document.querySelectorAll('.toast').length];
        })()""",
    )
    assert found == [[1, 0]]

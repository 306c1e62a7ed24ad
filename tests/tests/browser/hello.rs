//! The example `hello` of `sse-server` in a browser: its page, its events, a restart, and the page without scripts.

use serde_json::{Value, json};

use crate::chromium::Chromium;
use crate::example::{self, Example};
use crate::page::Page;

#[test]
fn hello_in_a_browser() {
    let program = example::build("hello", &[]);
    let mut hello = Example::start_anywhere(&program);
    let chromium = Chromium::start();
    let page = chromium.page();
    page.set_size(1000, 700);
    page.go(&hello.url());

    // What the page itself shows, and what any other page would get.
    page.run(LISTEN);
    page.wait_for_text("ID 2");
    let heard = page.evaluate("heardAtLeast(2)");
    assert_eq!(heard[0], json!(["message", "hello", "1"]), "{heard}");
    assert_eq!(heard[1], json!(["message", "hello", "2"]), "{heard}");
    assert_eq!(state(&page), "open");
    assert_eq!(page.complaints(), [""; 0]);
    assert_fits(&page, "light");

    // Nothing but what the browser remembers can make a new process go on with the next ID.
    hello.kill();
    page.wait_for_text("connecting");
    assert_eq!(state(&page), "connecting");
    page.save_screenshot("hello-connecting");
    let shown = page.evaluate(SHOWN_IDS).as_array().map_or(0, Vec::len);
    let _restarted = Example::start(&program, hello.address).expect("the port is still free");
    let seen = heard.as_array().expect("a list").len();
    let heard = page.evaluate(&format!("heardAtLeast({})", seen + 2));
    for (index, event) in heard.as_array().expect("a list").iter().enumerate() {
        let id = (index + 1).to_string();
        assert_eq!(*event, json!(["message", "hello", id]), "{heard}");
    }
    page.wait_for_text(&format!("ID {}", shown + 2));
    assert_eq!(state(&page), "open");
    let shown = page.evaluate(SHOWN_IDS);
    let shown: Vec<_> = shown
        .as_array()
        .expect("a list")
        .iter()
        .map(as_number)
        .collect();
    let expected: Vec<_> = (1..=shown.len() as u64).rev().collect();
    assert_eq!(shown, expected, "the newest first, none lost or repeated");
    assert!(shown.len() >= 4, "{shown:?}");

    page.set_colors("dark");
    assert_fits(&page, "dark");
    page.set_size(320, 640);
    assert_fits(&page, "narrow");

    page.set_size(1000, 700);
    page.set_colors("light");
    page.set_scripts(false);
    page.go(&hello.url());
    let text = page.evaluate("document.body.innerText");
    let text = text.as_str().expect("a text");
    for part in ["Server-sent events", "Without JavaScript", "curl -N"] {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
    // Nothing that only a script could make true.
    for part in ["connecting", "No event yet"] {
        assert!(!text.contains(part), "{part:?} is in: {text}");
    }
    assert_fits(&page, "without-scripts");
}

/// Listens with an `EventSource` of the test's own, from the context of the page.
const LISTEN: &str = "
    globalThis.heard = [];
    globalThis.own = new EventSource(location.href);
    for (const type of ['message', 'hello', 'open', 'error']) {
        own.addEventListener(type, (event) => {
            if (event instanceof MessageEvent) heard.push([event.type, event.data, event.lastEventId]);
        });
    }
    globalThis.heardAtLeast = (count) => new Promise((resolve, reject) => {
        const look = () => {
            if (heard.length < count) return;
            own.removeEventListener('message', look);
            resolve(heard);
        };
        own.addEventListener('message', look);
        setTimeout(() => reject(new Error(`only ${JSON.stringify(heard)}`)), 30000);
        look();
    });";

/// The IDs in the rows of the page.
const SHOWN_IDS: &str = "[...document.querySelectorAll('#events li')].map((row) => row.innerText.match(/ID (\\d+)/)[1])";

fn as_number(value: &Value) -> u64 {
    let text = value.as_str().expect("a text");
    text.parse().expect("a number")
}

fn state(page: &Page<'_>) -> Value {
    page.evaluate("document.getElementById('state').innerText")
}

/// Asserts that the page fits into the window, and saves a picture.
fn assert_fits(page: &Page<'_>, name: &str) {
    let path = page.save_screenshot(&format!("hello-{name}"));
    let overhang = page.evaluate("document.documentElement.scrollWidth - innerWidth");
    assert!(
        overhang.as_i64() <= Some(0),
        "{overhang} pixels too wide: {}",
        path.display()
    );
    let height = page.evaluate(
        "Math.max(0, ...[...document.querySelectorAll('#events li')].map((row) => row.offsetHeight))",
    );
    assert!(
        height.as_i64() < Some(50),
        "a row is {height} pixels high, so its text is broken: {}",
        path.display()
    );
}

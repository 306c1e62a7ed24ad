//! The example `broadcast` of `sse-server` in a browser: what one tab publishes, all see; a server that comes back says that
//! something was missed.

use serde_json::Value;

use crate::chromium::Chromium;
use crate::example::{self, Example};
use crate::page::Page;

#[test]
fn broadcast_in_two_tabs() {
    let program = example::build("broadcast", &["serve"]);
    let mut server = Example::start_anywhere(&program);
    let chromium = Chromium::start();
    let page = chromium.page();
    page.set_size(800, 700);
    page.go(&server.url());
    page.wait_for_text("open");
    page.wait_for_text("none yet");
    page.save_screenshot("broadcast-empty");
    publish(&page, "from the first");
    page.wait_for_text("from the first");

    let first = chromium.drive("the tab", async |session| session.window().await);
    let second = chromium.drive("a tab more", async |session| session.new_window(true).await);
    chromium.drive("the other tab", async |session| {
        session.switch_to_window(second.handle).await
    });
    page.go(&server.url());
    page.wait_for_text("open");
    publish(&page, "from the second");
    page.wait_for_text("from the second");
    assert_eq!(
        page.evaluate("document.querySelectorAll('#events li').length"),
        1
    );
    chromium.drive("the tab", async |session| {
        session.switch_to_window(first).await
    });
    page.wait_for_text("from the second");
    // What is published is text, and nothing else.
    publish(&page, "<img src=x onerror=alert(1)>\n\nid: 1\n\n");
    page.wait_for_text("<img src=x onerror=alert(1)>");
    assert_eq!(
        page.evaluate("document.querySelectorAll('#events li').length"),
        3
    );
    let before = last_event_id(&page);
    assert!(before.ends_with("-3"), "{before}");

    // Whatever is published, by whoever, the page stays in shape.
    for text in ["", "two\nlines", &"word".repeat(2_000)] {
        page.evaluate(&format!(
            "fetch('/publish', {{method: 'POST', body: {}}}).then((answer) => answer.text())",
            Value::from(text)
        ));
    }
    page.wait_for_text("wordword");
    for scheme in ["light", "dark"] {
        page.set_colors(scheme);
        for (shape, width, height) in [("wide", 1_280, 900), ("narrow", 320, 900)] {
            page.set_size(width, height);
            check_width(&page);
            page.save_screenshot(&format!("broadcast-{scheme}-{shape}"));
        }
    }
    page.set_colors("light");
    page.set_size(800, 700);

    // A new life of the server knows nothing of the old one, and says so.
    server.kill();
    page.wait_for_text("connecting again");
    publish(&page, "to nobody");
    page.wait_for_text("Not published");
    page.save_screenshot("broadcast-connecting");
    let _restarted = Example::start(&program, server.address).expect("the port is still free");
    page.wait_for_text("Something was missed");
    page.wait_for_text("open");
    publish(&page, "after the gap");
    page.wait_for_text("after the gap");
    let after = last_event_id(&page);
    assert!(after.ends_with("-1") && after != before, "{after}");
    page.save_screenshot("broadcast-gap");
    page.set_colors("dark");
    page.set_size(320, 640);
    check_width(&page);
    page.save_screenshot("broadcast-gap-narrow");
    // The browser itself complains that the server was gone, and of nothing else.
    for complaint in page.complaints() {
        assert!(complaint.contains("net::ERR_"), "{complaint}");
    }
}

fn check_width(page: &Page<'_>) {
    let overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth");
    assert!(overflow.as_i64() <= Some(0), "{overflow} pixels too wide");
}

/// Publishes by the form of the page, as somebody does who writes there.
fn publish(page: &Page<'_>, text: &str) {
    let text = Value::from(text);
    page.run(&format!(
        "document.querySelector('#text').value = {text}; document.querySelector('#form').requestSubmit();"
    ));
}

fn last_event_id(page: &Page<'_>) -> String {
    let id = page.evaluate("document.querySelector('#last').textContent");
    id.as_str().expect("a text").to_owned()
}

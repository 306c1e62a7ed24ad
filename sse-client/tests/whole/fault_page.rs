//! `docs/client-faults.md` is what this program writes: what servers do to clients, what this one does then, and the test that
//! shows it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What the server does, what the client does, and the name of the test in `faults.rs`.
const FAULTS: [[&str; 3]; 20] = [
    [
        "`retry: 0`, and an end of the stream, again and again",
        "waits at least 100 milliseconds, and longer each time",
        "retry_0_is_no_hot_loop",
    ],
    [
        "one event and an end, again and again",
        "waits the reconnection time, each time",
        "one_event_and_a_close_again_and_again_is_no_hot_loop",
    ],
    [
        "accepts, and ends without an event, again and again",
        "gives up by `max_attempts`",
        "a_limit_on_attempts_holds_although_each_connection_is_accepted",
    ],
    [
        "accepts, and brings nothing new, again and again",
        "reports that as `Update::Fruitless`, and gives up by `max_fruitless`",
        "connections_that_bring_nothing_new_are_reported",
    ],
    [
        "refuses connections",
        "reports each failure, and tries again",
        "a_refused_connection_is_reported_and_tried_again",
    ],
    [
        "refuses connections, with a limit on attempts",
        "gives up after as many, with the last cause",
        "a_limit_on_attempts_holds_when_the_connection_is_refused",
    ],
    [
        "503 with `Retry-After`",
        "tries again, not before that",
        "a_503_obeys_its_retry_after",
    ],
    [
        "503, where the policy ends with it, and the stream is polled on",
        "one error, then the end",
        "polling_after_a_503_does_not_panic",
    ],
    [
        "200 with `text/html`, and the stream is polled on",
        "one error, then the end",
        "polling_after_a_wrong_type_does_not_panic",
    ],
    ["204", "the end, without an error", "no_content_is_the_end"],
    [
        "`retry` in a block without data",
        "waits as long",
        "retry_in_a_block_without_data_is_obeyed",
    ],
    [
        "events without an ID, or with an empty one",
        "sends no `Last-Event-ID`",
        "no_empty_last_event_id_is_sent",
    ],
    [
        "an ID once, then connections whose events carry none",
        "sends that ID each time",
        "the_id_is_kept_over_two_reconnects_whose_events_carry_none",
    ],
    [
        "an ID in a block without data",
        "sends that ID",
        "an_id_only_block_moves_the_id",
    ],
    [
        "redirects to another origin",
        "sends no `Authorization`, `Cookie`, `x-api-key` or the like there",
        "secrets_are_not_forwarded_to_another_origin",
    ],
    [
        "302, and 307 with a relative `Location`",
        "follows both",
        "redirects_302_and_307_are_followed_also_to_a_relative_location",
    ],
    [
        "answers a `POST` with a stream that ends",
        "the end: the request is not repeated",
        "a_post_is_not_repeated",
    ],
    [
        "one line of 8 MiB in pieces of 1460 bytes",
        "delivers it, at a cost that grows with its size alone",
        "one_line_of_8_mib_in_small_pieces_arrives",
    ],
    [
        "64 MiB without a line end",
        "an error at `max_event_bytes`, no memory beyond it, and the stream goes on",
        "a_line_that_never_ends_meets_the_limit",
    ],
    [
        "a byte order mark in front of each stream",
        "drops it",
        "a_stream_that_starts_with_a_byte_order_mark",
    ],
];

fn page() -> String {
    let mut page = "# Faults\n\nWhat servers do to clients, and what `sse-client` does then. Each row is a test in\n\
        `sse-client/tests/whole/faults.rs`, against a server that does just that. The faults are those with which published clients\n\
        were seen to panic, to loop, to lose their place, or to give secrets away. Written by the tests: `UPDATE_DOCS=1 cargo test \
        -p sse-client\n--test whole fault_page`.\n\n| the server | the client | test |\n|---|---|---|\n"
        .to_owned();
    for [server, client, test] in FAULTS {
        writeln!(page, "| {server} | {client} | `{test}` |").unwrap();
    }
    page
}

#[test]
fn the_page_is_current() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/client-faults.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return std::fs::write(&path, page()).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == page(),
        "docs/client-faults.md is not current: UPDATE_DOCS=1 writes it"
    );
}

#[test]
fn each_row_is_a_test_and_each_test_is_a_row() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/whole/faults.rs");
    let code = std::fs::read_to_string(path).unwrap();
    let mut tests: Vec<_> = (code.split("#[test]\nfn ").skip(1))
        .map(|rest| rest.split('(').next().unwrap())
        .collect();
    let mut rows: Vec<_> = FAULTS.iter().map(|[.., test]| *test).collect();
    tests.sort_unstable();
    rows.sort_unstable();
    assert_eq!(tests, rows);
}

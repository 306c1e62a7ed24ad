//! Cases that need more than the head: bodies and how they end, reconnection times, IDs, and what the client is told to do.

use std::time::Duration;

use super::{Case, ES, HELLO, WITH_ID, answer, case, head, of, send, stream};
use crate::script::Step;

pub(super) fn bodies() -> Vec<Case> {
    let length = |n: usize| format!("{ES}Content-Length: {n}\r\n");
    let chunked = format!("{ES}Transfer-Encoding: chunked\r\n");
    let cut = |name, bytes: Vec<u8>| {
        of(
            name,
            vec![stream(HELLO), vec![Step::Send(bytes), Step::AwaitEvents(2)]],
            CUT,
        )
    };
    let whole_and_part = "data: 2\n\ndata: part\n";
    let chunk = |body: &str| format!("{:x}\r\n{body}\r\n", body.len()).into_bytes();
    let before_the_head =
        |name, reply: Vec<Step>| of(name, vec![stream(HELLO), reply, stream("data: 2\n\n")], CUT);
    vec![
        of(
            "empty body with a length",
            vec![
                stream(HELLO),
                vec![Step::Send(head("200 OK", &length(0)))],
                stream(""),
            ],
            "An empty body opens too.",
        ),
        case(
            "event that the end cuts off",
            &[&stream("retry: 10\nid: 1\ndata: 1\n\nid: 2\ndata: 2\n")],
            "What no blank line ends is dropped, with its ID.",
        ),
        cut(
            "body shorter than its length",
            [head("200 OK", &length(1000)), whole_and_part.into()].concat(),
        ),
        cut(
            "chunked body without its end",
            [head("200 OK", &chunked), chunk(whole_and_part)].concat(),
        ),
        cut(
            "chunked body cut within a chunk",
            [
                head("200 OK", &chunked),
                b"100\r\n".to_vec(),
                whole_and_part.into(),
            ]
            .concat(),
        ),
        of(
            "chunked body with a bad chunk size",
            vec![
                stream(HELLO),
                vec![
                    Step::Send([head("200 OK", &chunked), chunk(whole_and_part)].concat()),
                    Step::AwaitEvents(2),
                    send(b"x\r\n"),
                ],
            ],
            CUT,
        ),
        case(
            "chunked body that ends as it should",
            &[&[Step::Send(
                [
                    head("200 OK", &chunked),
                    chunk(HELLO),
                    b"0\r\n\r\n".to_vec(),
                ]
                .concat(),
            )]],
            "The end of the body is followed by a reconnect.",
        ),
        of(
            "reset within the body",
            vec![
                stream(HELLO),
                vec![
                    Step::Send([head("200 OK", &length(1000)), whole_and_part.into()].concat()),
                    Step::AwaitEvents(2),
                    Step::Reset,
                ],
            ],
            CUT,
        ),
        before_the_head("reset before the head", vec![Step::Reset]),
        before_the_head("end before the head", vec![]),
        before_the_head(
            "end within the head",
            vec![Step::Send(b"HTTP/1.1 200 OK\r\nContent-Ty".to_vec())],
        ),
        case(
            "reset of the very first connection",
            &[&[Step::Reset], &stream(HELLO)],
            CUT,
        ),
        case(
            "HTTP/1.0",
            &[&[Step::Send(
                [
                    b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
                    HELLO.as_bytes(),
                ]
                .concat(),
            )]],
            "The version of HTTP does not matter.",
        ),
        before_the_head(
            "something else than HTTP",
            vec![Step::Send(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec())],
        ),
    ]
}

pub(super) fn reconnection_times() -> Vec<Case> {
    let retry = |name, retry: &str, rule| {
        case(
            name,
            &[&stream(&format!("retry: 10\n{retry}\ndata: 1\n\n"))],
            rule,
        )
    };
    vec![
        Case {
            not_before: Duration::from_millis(700),
            ..case(
                "retry: 700",
                &[&stream("retry: 700\ndata: 1\n\n")],
                "The reconnection time is a minimum.",
            )
        },
        Case {
            not_before: Duration::from_millis(700),
            ..case(
                "retry without a blank line",
                &[&stream("retry: 700\n"), &stream("")],
                "A retry field takes effect at its line, and outlives its connection.",
            )
        },
        retry(
            "retry: 0",
            "retry: 0",
            "A reconnection time of zero is raised to the policy's floor, 100 milliseconds.",
        ),
        retry("retry with a letter", "retry: 9999999x", DIGITS),
        retry("retry with a sign", "retry: +9999999", DIGITS),
        retry("retry with a point", "retry: 9999999.0", DIGITS),
        retry("retry with two spaces", "retry:  9999999", DIGITS),
        retry(
            "retry with other digits",
            "retry: \u{664}\u{664}\u{664}\u{664}\u{664}\u{664}\u{664}",
            DIGITS,
        ),
        retry(
            "retry beyond 64 bits",
            "retry: 99999999999999999999",
            "A number that does not fit is ignored.",
        ),
        Case {
            not_before: Duration::from_millis(700),
            ..case(
                "retry without a value",
                &[&stream("retry: 700\nretry\nretry:\ndata: 1\n\n")],
                "An empty value is ignored.",
            )
        },
    ]
}

pub(super) fn last_event_ids() -> Vec<Case> {
    let long = "x".repeat(9000);
    let id = |name, id: &str, rule| {
        case(
            name,
            &[&stream(&format!("retry: 10\nid: {id}\ndata: 1\n\n"))],
            rule,
        )
    };
    vec![
        case(
            "last event ID on a reconnect",
            &[&stream(WITH_ID)],
            "A reconnect sends the last event ID.",
        ),
        case(
            "last event ID over a connection without one",
            &[&stream(WITH_ID), &stream("data: 2\n\n"), &stream("")],
            "The last event ID is kept over connections, for events too.",
        ),
        case(
            "last event ID over a network error",
            &[&stream(WITH_ID), &[Step::Reset]],
            "The last event ID is kept over failures.",
        ),
        case(
            "empty ID",
            &[&stream(WITH_ID), &stream("id\ndata: 2\n\n")],
            "An empty ID clears the last event ID, and then there is no header.",
        ),
        case(
            "ID alone in its block",
            &[&stream("retry: 10\nid: 1\ndata: 1\n\nid: 2\n\n")],
            "A block without data commits its ID.",
        ),
        case(
            "ID in a block without an end",
            &[&stream("retry: 10\nid: 1\ndata: 1\n\nid: 2\n")],
            "An ID without a blank line behind it is dropped.",
        ),
        id("ID with NUL", "a\0b", "An ID with NUL is ignored."),
        case(
            "ID with NUL after another",
            &[&stream(WITH_ID), &stream("id: a\0b\ndata: 2\n\n")],
            "An ID with NUL is ignored.",
        ),
        id(
            "ID with characters beyond ASCII",
            "\u{fc}\u{6f22}\u{1f600}",
            "An ID is sent as its UTF-8 bytes.",
        ),
        id("ID with a tab", "a\tb", "An ID is sent as its UTF-8 bytes."),
        id(
            "ID with spaces around",
            "  a  ",
            "An ID is sent as its UTF-8 bytes. To HTTP spaces around it are nothing.",
        ),
        id("ID of a space alone", "  ", UNSENDABLE),
        id("ID with a control character", "a\u{1}b", UNSENDABLE),
        id("ID of 9,000 bytes", &long, UNSENDABLE),
    ]
}

pub(super) fn others() -> Vec<Case> {
    vec![
        Case {
            close_after: Some(1),
            ..of(
                "close() within a stream",
                vec![vec![
                    send(&[head("200 OK", ES), HELLO.into()].concat()),
                    Step::AwaitClose,
                ]],
                "After close() the connection is closed, and no other is made.",
            )
        },
        Case {
            close_after: Some(1),
            ..case(
                "close() between two events that came as one",
                &[&stream("retry: 10\ndata: 1\n\ndata: 2\n\n")],
                "After close() no event is dispatched.",
            )
        },
        Case {
            close_on_error: true,
            ..case(
                "close() before a reconnect",
                &[&stream(HELLO), &stream(HELLO)],
                "After close() no connection is made.",
            )
        },
        case(
            "event types",
            &[&stream(
                "retry: 10\nevent: ping\ndata: 1\n\ndata: 2\n\nevent: open\ndata: 3\n\nevent: error\ndata: 4\n\n",
            )],
            "A type holds for its block alone, and may be one that an event source uses itself.",
        ),
        case(
            "cookie",
            &[&answer(
                "200 OK",
                &format!("{ES}Set-Cookie: a=b\r\n"),
                HELLO,
            )],
            "Cookies are the business of the caller's HTTP client; that of the crate keeps none.",
        ),
    ]
}

const CUT: &str = "A network error is followed by a reconnect; what is complete is dispatched.";
const DIGITS: &str = "A value that is not ASCII digits alone is ignored.";
const UNSENDABLE: &str =
    "An ID that HTTP cannot carry, or of more than 8 KiB, is left out and reported.";

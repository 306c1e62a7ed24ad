//! Cases that the head of an answer decides: statuses, content types, redirects.

use super::{Case, ES, HELLO, WITH_ID, answer, case, head, of, redirect, stream};
use crate::script::{HERE, Step, THERE};

pub(super) fn statuses() -> Vec<Case> {
    let mut cases = vec![
        case(
            "200 with an event stream that ends",
            &[&stream(HELLO)],
            "200 opens; the end of the body is followed by a reconnect.",
        ),
        case(
            "204 at first",
            &[&answer("204 No Content", "", "")],
            NOT_200,
        ),
        case(
            "204 on the reconnect",
            &[
                &stream(HELLO),
                &answer("204 No Content", "", ""),
                &stream(HELLO),
            ],
            NOT_200,
        ),
        case("205", &[&answer("205 Reset Content", ES, "")], NOT_200),
        case(
            "201 with an event stream",
            &[&answer("201 Created", ES, HELLO)],
            NOT_200,
        ),
        case(
            "202 with an event stream",
            &[&answer("202 Accepted", ES, HELLO)],
            NOT_200,
        ),
        case(
            "206 with an event stream",
            &[&answer("206 Partial Content", ES, HELLO)],
            NOT_200,
        ),
        case(
            "300 with an event stream",
            &[&answer("300 Multiple Choices", ES, HELLO)],
            NOT_200,
        ),
        case("304", &[&answer("304 Not Modified", "", "")], NOT_200),
        case("400", &[&answer("400 Bad Request", "", "no")], NOT_200),
        case(
            "401 that asks for a token",
            &[&answer(
                "401 Unauthorized",
                "WWW-Authenticate: Bearer\r\n",
                "no",
            )],
            NOT_200,
        ),
        case(
            "404 with an event stream",
            &[&answer("404 Not Found", ES, HELLO)],
            NOT_200,
        ),
        case(
            "407 though there is no proxy",
            &[
                &stream(HELLO),
                &answer(
                    "407 Proxy Authentication Required",
                    "Proxy-Authenticate: Basic realm=\"x\"\r\n",
                    "no",
                ),
            ],
            NOT_200,
        ),
        case(
            "429 with Retry-After",
            &[&answer("429 Too Many Requests", "Retry-After: 0\r\n", "no")],
            NOT_200,
        ),
        case(
            "500",
            &[&answer("500 Internal Server Error", "", "no")],
            NOT_200,
        ),
        case(
            "503 with Retry-After",
            &[&answer(
                "503 Service Unavailable",
                "Retry-After: 0\r\n",
                "no",
            )],
            NOT_200,
        ),
        case(
            "503 with Retry-After on the reconnect",
            &[
                &stream(HELLO),
                &answer("503 Service Unavailable", "Retry-After: 0\r\n", "no"),
            ],
            NOT_200,
        ),
    ];
    let hints = [
        &b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n"[..],
        &head("200 OK", ES),
        HELLO.as_bytes(),
    ]
    .concat();
    cases.push(case(
        "103 before 200",
        &[&[Step::Send(hints)]],
        "Interim responses are skipped.",
    ));
    cases
}

pub(super) fn content_types() -> Vec<Case> {
    let typed = |name, types: &str, rule| case(name, &[&answer("200 OK", types, HELLO)], rule);
    vec![
        typed("no content type", "", NOT_ES),
        typed("text/plain", "Content-Type: text/plain\r\n", NOT_ES),
        typed("text/html", "Content-Type: text/html\r\n", NOT_ES),
        typed(
            "text/event-streams",
            "Content-Type: text/event-streams\r\n",
            NOT_ES,
        ),
        typed(
            "type with charset=utf-8",
            "Content-Type: text/event-stream; charset=utf-8\r\n",
            ESSENCE,
        ),
        typed(
            "type with charset=UTF-8 in quotes",
            "Content-Type: text/event-stream;charset=\"UTF-8\"\r\n",
            ESSENCE,
        ),
        typed(
            "type with another charset",
            "Content-Type: text/event-stream; charset=iso-8859-1\r\n",
            ESSENCE,
        ),
        typed(
            "type with unknown parameters",
            "Content-Type: text/event-stream; a=b;; c\r\n",
            ESSENCE,
        ),
        typed(
            "type in upper case",
            "Content-Type: TEXT/EVENT-STREAM\r\n",
            ESSENCE,
        ),
        typed(
            "two types, the event stream last",
            "Content-Type: text/plain\r\nContent-Type: text/event-stream\r\n",
            LAST_TYPE,
        ),
        typed(
            "two types, the event stream first",
            "Content-Type: text/event-stream\r\nContent-Type: text/plain\r\n",
            LAST_TYPE,
        ),
        typed(
            "two types in one line, the event stream last",
            "Content-Type: text/plain, text/event-stream\r\n",
            LAST_TYPE,
        ),
    ]
}

pub(super) fn redirects() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, status) in [
        ("301, and a reconnect", "301 Moved Permanently"),
        ("302, and a reconnect", "302 Found"),
        ("303, and a reconnect", "303 See Other"),
        ("307, and a reconnect", "307 Temporary Redirect"),
        ("308, and a reconnect", "308 Permanent Redirect"),
    ] {
        cases.push(case(
            name,
            &[&redirect(status, &format!("{HERE}/b")), &stream(HELLO)],
            "A reconnect asks the URL at which redirects have ended.",
        ));
    }
    let chain: Vec<_> = (1..=3)
        .map(|n| redirect("302 Found", &format!("{HERE}/{n}")))
        .collect();
    let chain: Vec<_> = chain
        .iter()
        .map(Vec::as_slice)
        .chain([&stream(HELLO)[..]])
        .map(<[Step]>::to_vec)
        .collect();
    let long = |count: u32| -> Vec<Vec<Step>> {
        let mut replies = vec![stream(HELLO)];
        replies.extend((1..=count).map(|n| redirect("302 Found", &format!("{HERE}/{n}"))));
        replies.push(stream(HELLO));
        replies
    };
    let redirected = |name, location: &str, rule| {
        case(
            name,
            &[
                &stream(HELLO),
                &redirect("302 Found", location),
                &stream(HELLO),
            ],
            rule,
        )
    };
    let cors = format!("{ES}Access-Control-Allow-Origin: *\r\n");
    cases.extend([
        redirected(
            "relative redirect",
            "b?c=d",
            "A Location is resolved against the URL that has answered.",
        ),
        redirected(
            "redirect with a fragment",
            "b#c",
            "A Location is resolved against the URL that has answered.",
        ),
        of(
            "chain of redirects",
            chain,
            "A chain is followed, and a reconnect asks its end.",
        ),
        of(
            "20 redirects",
            long(20),
            "20 redirects in a row are followed.",
        ),
        of(
            "21 redirects",
            long(21),
            "The 21st redirect is a final error.",
        ),
        case(
            "redirect without Location",
            &[&answer("302 Found", ES, HELLO)],
            "A redirect that leads nowhere is a final error.",
        ),
        redirected(
            "redirect to an unknown scheme",
            "ftp://127.0.0.1/",
            "A redirect that leads nowhere is a final error.",
        ),
        case(
            "redirect to another origin that allows it",
            &[
                &stream(WITH_ID),
                &redirect("307 Temporary Redirect", &format!("{THERE}/b")),
                &answer("200 OK", &cors, HELLO),
            ],
            "A redirect may lead to another origin, and the last event ID goes there.",
        ),
        redirected(
            "redirect to another origin that does not allow it",
            &format!("{THERE}/b"),
            "A redirect may lead to another origin.",
        ),
        redirected(
            "redirect to a port where nobody answers",
            "http://127.0.0.1:2/",
            "A network error is followed by a reconnect, to the URL where the last stream was.",
        ),
    ]);
    cases
}

const NOT_200: &str = "Any status but 200 is final.";
const NOT_ES: &str = "200 with another type, or with none, is final.";
const ESSENCE: &str = "The type is compared without parameters, in any case.";
const LAST_TYPE: &str = "Of several types the last one counts.";

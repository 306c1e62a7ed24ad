//! The cases in which Chromium does something else than we, and why.

/// Looks up why a case differs.
pub(super) fn difference(name: &str) -> Option<&'static str> {
    DIFFERENCES
        .iter()
        .find(|(case, _)| *case == name)
        .map(|(_, why)| *why)
}

/// By the names of the cases.
pub(super) const DIFFERENCES: &[(&str, &str)] = &[
    (
        "407 though there is no proxy",
        "To Chromium it is a network error, after which it tries again. The standard's section on event sources makes no exception for 407, \
         and to ask again without a password would not help.",
    ),
    (
        "type with another charset",
        "Chromium asks for UTF-8 if there is a charset. The standard has the parameter ignored: an event stream is always UTF-8.",
    ),
    (
        "21 redirects",
        "A network error by the Fetch standard, after which Chromium reconnects. The standard allows to give up where a reconnect is \
         futile, and so many redirects are most likely a loop.",
    ),
    (
        "redirect to another origin that does not allow it",
        "To Chromium it is final. What an origin lets pages of other origins read is a matter between browsers and pages: a program sends \
         nobody's cookies unasked, so there is nothing to protect.",
    ),
    (
        "end within the head",
        "Chromium takes what it has for the whole head, and finds no content type in it. By HTTP an incomplete head is no response, so this is \
         a network error.",
    ),
    (
        "ID of a space alone",
        "Chromium sends a header without a value, from which no server can tell the ID.",
    ),
    (
        "ID with a control character",
        "Chromium sends it as it is. HTTP forbids control characters in headers, and many servers refuse the request, each time again.",
    ),
    (
        "ID of 9,000 bytes",
        "Chromium sends it. Common servers refuse requests whose head is much larger than 8 KiB, and then every reconnect would fail.",
    ),
    (
        "cookie",
        "Chromium has a store of cookies. Ours is that of the caller's HTTP client, if he gives one that has it.",
    ),
];

//! A server that refuses a stream of HTTP/2 before it has looked at it: the request has done nothing, so it is sent again, even
//! a `POST`, but not for ever.

use sse_test_kit::clock::{flowing, run};
use sse_test_kit::{Answer, Certificate, Server};

use crate::support::{Expect, builder, trusted};

/// What a server of HTTP/2 says of a stream that it has not looked at, and of one that it has.
const REFUSED_STREAM: u32 = 7;
const INTERNAL_ERROR: u32 = 2;

/// Starts a server that resets the first stream with an error code, and answers those behind it by `then`.
fn start(certificate: &Certificate, code: u32, then: Answer) -> Server {
    let builder = Server::builder().tls(certificate).http2();
    let reset = Answer::close().reset_stream(code);
    builder.answers([reset]).otherwise(then).start()
}

/// How many requests have come. Each is the same as the first, also where it was sent again.
fn posts(server: &Server) -> usize {
    let requests = server.requests();
    for request in &requests {
        assert_eq!(request.method(), "POST");
    }
    requests.len()
}

#[test]
fn a_post_that_was_refused_unseen_is_sent_again_and_one_that_was_seen_is_not() {
    let name =
        "refused_stream::a_post_that_was_refused_unseen_is_sent_again_and_one_that_was_seen_is_not";
    let Some(certificate) = trusted(name) else {
        return;
    };
    run(flowing(async {
        let event = Answer::stream("data: a\n\n");
        let server = start(&certificate, REFUSED_STREAM, event);
        let post = builder(&server.url("/")).method("POST").body("question");
        let mut updates = post.build().unwrap().updates();
        updates.expect_open().await;
        updates.expect_event("a").await;
        assert_eq!(posts(&server), 2);

        let refused = Answer::close().reset_stream(REFUSED_STREAM);
        let server = start(&certificate, REFUSED_STREAM, refused);
        let post = builder(&server.url("/")).method("POST").body("question");
        let mut updates = post.build().unwrap().updates();
        updates.expect_failed().await;
        assert!(posts(&server) <= 3);

        let failed = Answer::close().reset_stream(INTERNAL_ERROR);
        let server = start(&certificate, INTERNAL_ERROR, failed);
        let post = builder(&server.url("/")).method("POST").body("question");
        let mut updates = post.build().unwrap().updates();
        let error = updates.expect_failed().await;
        assert!(!error.is_connect());
        assert_eq!(posts(&server), 1);
    }));
}

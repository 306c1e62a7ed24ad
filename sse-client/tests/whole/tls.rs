//! Certificates that are refused.

use sse_test_kit::clock::run;
use sse_test_kit::{Certificate, Server};

use crate::support::{Expect, builder};

#[test]
fn a_certificate_that_nobody_vouches_for_is_final() {
    run(async {
        for certificate in [Certificate::for_loopback(), Certificate::expired()] {
            let server = Server::builder().tls(&certificate).start();
            let mut updates = builder(&server.url("/")).build().unwrap().updates();
            let error = updates.expect_failed().await;
            assert!(error.is_certificate() && error.is_connect(), "{error:?}");
            server.closed(1).await;
            let [trouble] = &server.troubles()[..] else {
                panic!("not one handshake: {:?}", server.troubles());
            };
            assert!(trouble.starts_with("no TLS"), "{trouble}");
            assert!(server.requests().is_empty());
        }
    });
}

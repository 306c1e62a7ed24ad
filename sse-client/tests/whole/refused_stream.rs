//! A server that refuses a stream of HTTP/2 before it has looked at it: the request has done nothing, so it is sent again, even
//! a `POST`, but not for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use h2::Reason;
use http::{Method, Response};
use tokio::net::TcpListener;

use crate::support::{Expect, Identity, builder, flowing, run, trusted};

/// Starts a server that refuses so many streams with a reason, and answers those behind them. Counts them all.
async fn start(identity: &Identity, refuse: usize, reason: Reason) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let acceptor = identity.acceptor(b"h2");
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, counter) = (acceptor.clone(), Arc::clone(&counter));
            tokio::spawn(async move {
                let stream = acceptor.accept(stream).await.unwrap();
                let mut connection = h2::server::handshake(stream).await.unwrap();
                while let Some(Ok((request, mut response))) = connection.accept().await {
                    assert_eq!(request.method(), Method::POST);
                    if counter.fetch_add(1, Ordering::SeqCst) < refuse {
                        response.send_reset(reason);
                        continue;
                    }
                    let head = Response::builder()
                        .header("content-type", "text/event-stream")
                        .body(())
                        .unwrap();
                    let mut body = response.send_response(head, false).unwrap();
                    body.send_data(Bytes::from_static(b"data: a\n\n"), true)
                        .unwrap();
                }
            });
        }
    });
    (url, requests)
}

#[test]
fn a_post_that_was_refused_unseen_is_sent_again_and_one_that_was_seen_is_not() {
    let name =
        "refused_stream::a_post_that_was_refused_unseen_is_sent_again_and_one_that_was_seen_is_not";
    let Some(identity) = trusted(name) else {
        return;
    };
    run(flowing(async {
        let (url, requests) = start(&identity, 1, Reason::REFUSED_STREAM).await;
        let post = builder(&url).method("POST").body("question");
        let mut updates = post.build().unwrap().updates();
        updates.expect_open().await;
        updates.expect_event("a").await;
        assert_eq!(requests.load(Ordering::SeqCst), 2);

        let (url, requests) = start(&identity, usize::MAX, Reason::REFUSED_STREAM).await;
        let post = builder(&url).method("POST").body("question");
        let mut updates = post.build().unwrap().updates();
        updates.expect_failed().await;
        assert!(requests.load(Ordering::SeqCst) <= 3);

        let (url, requests) = start(&identity, usize::MAX, Reason::INTERNAL_ERROR).await;
        let post = builder(&url).method("POST").body("question");
        let mut updates = post.build().unwrap().updates();
        let error = updates.expect_failed().await;
        assert!(!error.is_connect());
        assert_eq!(requests.load(Ordering::SeqCst), 1);
    }));
}

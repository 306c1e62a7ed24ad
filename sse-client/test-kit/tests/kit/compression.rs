//! gzip, judged by reqwest.

use sse_test_kit::{Answer, Server, Signal, clock::run};

async fn client(server: &Server) -> reqwest::Response {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.get(server.url("/")).send().await.unwrap()
}

#[test]
fn flushed_events_come_at_once() {
    run(async {
        let server = Server::start([Answer::stream("data: a\n\n").gzip().hold()]);
        let mut response = client(&server).await;
        assert_eq!(response.chunk().await.unwrap().unwrap(), "data: a\n\n");
        assert!(
            server.requests()[0]
                .header("accept-encoding")
                .unwrap()
                .contains("gzip")
        );
    });
}

#[test]
fn what_is_not_flushed_comes_late() {
    run(async {
        let (more, sent) = (Signal::new(), Signal::new());
        let server = Server::start([Answer::stream("data: a\n\n")
            .gzip_without_flush()
            .give(&sent)
            .wait(&more)
            .flush()
            .send("data: b\n\n")]);
        let mut response = client(&server).await;
        let first = tokio::spawn(async move {
            let chunk = response.chunk().await.unwrap().unwrap();
            (response, chunk)
        });
        sent.given().await;
        for _ in 0..200 {
            tokio::task::yield_now().await;
            assert!(!first.is_finished());
        }
        more.give();
        let (response, chunk) = first.await.unwrap();
        assert_eq!(chunk, "data: a\n\n");
        // The end is whole.
        assert_eq!(response.text().await.unwrap(), "data: b\n\n");
    });
}

#[test]
fn an_answer_that_is_no_stream_is_compressed_too() {
    run(async {
        let server = Server::start([Answer::status(404).send("none".repeat(1_000)).gzip()]);
        let response = client(&server).await;
        assert_eq!(response.text().await.unwrap(), "none".repeat(1_000));
    });
}

//! nginx compresses on the way what sse-starlette serves, and still passes each event on at once.

use sse_client::EventSource;
use sse_tests::counting_server::CountingServer;
use sse_tests::nginx::Nginx;
use sse_tests::port::Port;

use crate::{gzip_client, next_event_of, open};

#[tokio::test]
async fn an_event_is_decoded_before_the_next_one_is_sent() {
    let port = Port::take();
    let mut server = CountingServer::start(&port, 1);
    let nginx = Nginx::start(&format!(
        "gzip on; gzip_types text/event-stream; gzip_min_length 0; gzip_proxied any;
        location / {{ proxy_pass http://127.0.0.1:{}; }}",
        port.number()
    ));
    let mut updates = EventSource::builder(nginx.url("/"))
        .client(gzip_client())
        .header("Accept-Encoding", "gzip")
        .build()
        .expect("a URL")
        .updates();
    open(&mut updates).await;
    for number in 1..=50 {
        server.count_to(number);
        let event = next_event_of(&mut updates).await;
        assert_eq!(event.data(), CountingServer::data(1, number));
    }
    // The HTTP client takes the header of what it has decoded away; one that decodes nothing shows it.
    let client = reqwest::Client::builder().no_gzip().no_proxy().build();
    let request = client.expect("a client").get(nginx.url("/"));
    let answer = request.header("Accept-Encoding", "gzip").send().await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.headers()["content-encoding"], "gzip");
}

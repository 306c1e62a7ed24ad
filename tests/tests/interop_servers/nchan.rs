//! nginx with nchan: an event is published by one request, and delivered to those who have subscribed by another.

use sse_client::{EventSource, LastEventId, Updates};
use sse_tests::nginx::Nginx;

use crate::{next_event, next_event_of, open};

#[tokio::test]
async fn what_is_published_is_received() {
    let nginx = nginx();
    let mut updates = subscribe(&nginx, "/a");
    let head = open(&mut updates).await;
    assert_eq!(
        head.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    for (event_type, data, received) in [
        ("message", "hello", "hello"),
        (
            "grüße",
            "Zeile eins\nzwei 🦀\n\nvier",
            "Zeile eins\nzwei 🦀\n\nvier",
        ),
        ("tick", "\r\n: no comment\nid: 7", "\n: no comment\nid: 7"),
        ("message", " spaces ", " spaces "),
    ] {
        publish(&nginx, "a", event_type, data).await;
        let event = next_event_of(&mut updates).await;
        assert_eq!((event.event_type(), event.data()), (event_type, received));
        // The second in which it came, and its number in there.
        let (second, number) = event.last_event_id().split_once(':').expect("two parts");
        assert!(second.parse::<u64>().is_ok() && number.parse::<u32>().is_ok());
        assert_eq!(event.last_event_id(), updates.last_event_id());
    }
}

#[tokio::test]
async fn a_lone_cr_in_what_is_published_ends_a_line() {
    let nginx = nginx();
    let mut events = EventSource::get(nginx.url("/subscribe/a")).expect("a URL");
    // nchan lets it through, and the standard has it end the line, so the rest is a field.
    publish(&nginx, "a", "message", "data\rid: mine").await;
    let event = next_event(&mut events).await;
    assert_eq!((event.data(), event.last_event_id()), ("data", "mine"));
}

#[tokio::test]
async fn a_stream_resumes_behind_what_was_handed_out() {
    let nginx = nginx();
    // Of two channels, where IDs are stranger: `1790000000:0,[3]`.
    let mut events = EventSource::get(nginx.url("/subscribe/both")).expect("a URL");
    let mut received = Vec::new();
    for round in 0..5 {
        for channel in ["a", "b", "b", "a"] {
            publish(&nginx, channel, "message", &format!("{channel} {round}")).await;
        }
        // Two of four, and the others are lost with the connection.
        for _ in 0..2 {
            received.push(next_event(&mut events).await);
        }
        events.reconnect_now();
    }
    for _ in received.len()..20 {
        received.push(next_event(&mut events).await);
    }
    for channel in ["a", "b"] {
        let data: Vec<_> = (received.iter().map(|event| event.data()))
            .filter(|data| data.starts_with(channel))
            .collect();
        let expected: Vec<_> = (0..10).map(|n| format!("{channel} {}", n / 2)).collect();
        assert_eq!(data, expected);
    }

    // And another client, in another process for all that the server knows.
    let seen = LastEventId::new(received[16].last_event_id()).expect("an ID");
    let mut events = EventSource::builder(nginx.url("/subscribe/both"))
        .last_event_id(seen)
        .build()
        .expect("a URL");
    for expected in &received[17..] {
        assert_eq!(next_event(&mut events).await, *expected);
    }
}

#[tokio::test]
async fn a_stream_outlives_its_server() {
    let mut nginx = nginx();
    let mut updates = subscribe(&nginx, "/a");
    open(&mut updates).await;
    publish(&nginx, "a", "message", "first").await;
    assert_eq!(next_event_of(&mut updates).await.data(), "first");

    // The old worker ends its streams. What it held in memory is gone. IDs are times: the client comes back after a
    // second at least, so what is published then is newer than what it has seen.
    nginx.reload();
    open(&mut updates).await;
    publish(&nginx, "a", "message", "after a reload").await;
    assert_eq!(next_event_of(&mut updates).await.data(), "after a reload");

    nginx.stop();
    nginx.start_again();
    open(&mut updates).await;
    publish(&nginx, "a", "message", "after a start").await;
    assert_eq!(next_event_of(&mut updates).await.data(), "after a start");
}

fn nginx() -> Nginx {
    Nginx::start(
        "location ~ ^/publish/(.)$ { nchan_publisher; nchan_channel_id $1; }
        location /subscribe/a { nchan_subscriber eventsource; nchan_channel_id a; }
        location /subscribe/both { nchan_subscriber eventsource; nchan_channel_id a b; }",
    )
}

fn subscribe(nginx: &Nginx, channel: &str) -> Updates {
    let url = nginx.url(&format!("/subscribe{channel}"));
    EventSource::get(url).expect("a URL").updates()
}

async fn publish(nginx: &Nginx, channel: &str, event_type: &str, data: &str) {
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let request = client
        .post(nginx.url(&format!("/publish/{channel}")))
        .header("X-EventSource-Event", event_type)
        .body(data.to_owned());
    let response = request.send().await.expect("an answer");
    assert!(response.status().is_success(), "{response:?}");
}

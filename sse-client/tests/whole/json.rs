//! Events whose data is JSON: decoded, by event type if asked, with an end marker, errors within the stream, and nothing lost.

use futures_util::stream::FusedStream as _;
use futures_util::{StreamExt, TryStreamExt};
use serde::Deserialize;
use sse_client::{CloseReason, EventSource, JsonEvent, JsonEvents};
use sse_test_kit::clock::run;
use sse_test_kit::{Answer, Server};

use crate::support::builder;

#[derive(Debug, Deserialize, PartialEq)]
struct Chunk {
    text: String,
}

async fn events(server: &Server) -> EventSource {
    builder(&server.url("/")).build().unwrap()
}

async fn text(chunks: &mut JsonEvents<Chunk>) -> String {
    chunks
        .try_next()
        .await
        .unwrap()
        .unwrap()
        .into_value()
        .unwrap()
        .text
}

#[test]
fn data_is_decoded_until_the_end_marker() {
    run(async {
        let stream = "data: {\"text\":\"a\"}\n\ndata: {\ndata: \"text\":\"b\"}\n\ndata:  [DONE] \n\ndata: {\"text\":\"c\"}\n\n";
        let server = Server::start([Answer::stream(stream).hold()]);
        let mut chunks = events(&server).await.json::<Chunk>().end_marker("[DONE]");
        assert_eq!(chunks.values(), 0);
        assert_eq!(text(&mut chunks).await, "a");
        assert_eq!(text(&mut chunks).await, "b");
        assert_eq!(chunks.values(), 2);
        assert!(chunks.next().await.is_none());
        assert!(chunks.is_terminated());
        // The connection is closed, and there is no other.
        server.closed(1).await;
        assert_eq!(server.requests().len(), 1);
    });
}

#[test]
fn an_answer_that_ends_before_its_end_marker_is_not_whole() {
    run(async {
        let stream = "data: {\"text\":\"a\"}\n\n";
        let server = Server::start([Answer::stream(stream)]);
        let post = builder(&server.url("/")).method("POST").build().unwrap();
        let mut chunks = post.json::<Chunk>().end_marker("[DONE]");
        assert_eq!(text(&mut chunks).await, "a");
        let error = chunks.next().await.unwrap().unwrap_err();
        assert!(error.is_no_end_marker() && error.is_final());
        assert!(chunks.is_terminated());
        assert!(chunks.next().await.is_none());

        // Not so if the caller wants no more of it.
        let server = Server::start([Answer::stream(stream).hold()]);
        let post = builder(&server.url("/")).method("POST").build().unwrap();
        let mut chunks = post.json::<Chunk>().end_marker("[DONE]");
        assert_eq!(text(&mut chunks).await, "a");
        chunks.source_mut().finish();
        assert!(chunks.next().await.is_none());
        let why = chunks.source().close_reason();
        assert!(matches!(why, Some(CloseReason::Finished)), "{why:?}");
    });
}

#[test]
fn without_an_end_marker_it_is_data_like_any_other() {
    run(async {
        let server =
            Server::start([Answer::stream("data: [DONE]\n\ndata: {\"text\":\"a\"}\n\n").hold()]);
        let mut chunks = events(&server).await.json::<Chunk>();
        assert!(chunks.next().await.unwrap().unwrap_err().is_decode());
        assert_eq!(text(&mut chunks).await, "a");
    });
}

#[test]
fn a_decode_error_carries_the_event_and_the_stream_goes_on() {
    run(async {
        let stream = "id: 7\nevent: delta\ndata: {\"texts\":1}\n\ndata: {\"text\":\"a\"}\n\n";
        let server = Server::start([Answer::stream(stream).hold()]);
        let mut chunks = events(&server).await.json::<Chunk>();
        let error = chunks.next().await.unwrap().unwrap_err();
        assert!(error.is_decode() && !error.is_final());
        let event = error.event().unwrap();
        assert_eq!((event.event_type(), event.last_event_id()), ("delta", "7"));
        assert!(error.to_string().ends_with("{\"texts\":1}"));
        assert_eq!(text(&mut chunks).await, "a");
    });
}

#[test]
fn event_types_that_were_not_asked_for_are_kept_as_they_are() {
    run(async {
        let stream = "event: ping\ndata: -\n\nevent: delta\ndata: {\"text\":\"a\"}\n\n";
        let server = Server::start([Answer::stream(stream).hold()]);
        let mut chunks = events(&server).await.json::<Chunk>().types(["delta"]);
        let JsonEvent::Other(event) = chunks.try_next().await.unwrap().unwrap() else {
            panic!("decoded");
        };
        assert_eq!((event.event_type(), event.data()), ("ping", "-"));
        assert_eq!(text(&mut chunks).await, "a");
    });
}

#[test]
fn the_event_type_names_the_variant_and_unknown_ones_are_kept() {
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Message {
        Start { id: String },
        ContentDelta(Chunk),
        Ping,
    }
    run(async {
        let stream = "event: start\ndata: {\"id\":\"x\"}\n\nevent: ping\ndata: {}\n\n\
            event: content_delta\ndata: {\"text\":\"a\"}\n\nevent: novelty\ndata: {\"b\":1}\n\n\
            event: content_delta\ndata: {}\n\n";
        let server = Server::start([Answer::stream(stream).hold()]);
        let mut messages = events(&server).await.json_by_type::<Message>();
        let id = "x".to_owned();
        let text = "a".to_owned();
        for message in [
            Message::Start { id },
            Message::Ping,
            Message::ContentDelta(Chunk { text }),
        ] {
            let item = messages.try_next().await.unwrap().unwrap();
            assert_eq!(item.into_value(), Some(message));
        }
        let item = messages.try_next().await.unwrap().unwrap();
        assert!(item.value().is_none());
        assert_eq!(item.event().event_type(), "novelty");
        assert!(messages.next().await.unwrap().unwrap_err().is_decode());
    });
}

#[test]
fn an_error_within_the_stream_is_the_last_item() {
    run(async {
        let stream = "data: {\"text\":\"a\"}\n\nevent: error\ndata: overloaded\n\ndata: {\"text\":\"b\"}\n\n";
        let server = Server::start([Answer::stream(stream).hold()]);
        let mut chunks = events(&server)
            .await
            .json::<Chunk>()
            .error_events(|event| (event.event_type() == "error").then(|| event.data().to_owned()));
        assert_eq!(text(&mut chunks).await, "a");
        let error = chunks.next().await.unwrap().unwrap_err();
        assert!(error.is_in_band() && error.is_final());
        let source = std::error::Error::source(&error).unwrap();
        assert_eq!(source.to_string(), "overloaded");
        assert!(chunks.next().await.is_none());
        server.closed(1).await;
    });
}

#[test]
fn errors_of_the_event_source_come_through() {
    run(async {
        let server = Server::start([Answer::status(404)]);
        let mut chunks = events(&server).await.json::<Chunk>();
        let error = chunks.next().await.unwrap().unwrap_err();
        assert!(error.is_final() && error.stream_error().unwrap().status().unwrap() == 404);
        assert!(chunks.next().await.is_none());
    });
}

#[test]
fn a_body_of_json_says_so() {
    run(async {
        let server = Server::start([Answer::stream("data: {\"text\":\"a\"}\n\n").hold()]);
        let mut chunks = builder(&server.url("/"))
            .method("POST")
            .json(&serde_json::json!({ "stream": true }))
            .build()
            .unwrap()
            .json::<Chunk>();
        assert_eq!(text(&mut chunks).await, "a");
        let request = &server.requests()[0];
        assert_eq!(request.header("content-type").unwrap(), "application/json");
        assert_eq!(request.body(), r#"{"stream":true}"#);
    });
}

#[test]
fn a_body_that_is_no_json_is_reported_by_build() {
    let map = std::collections::HashMap::from([(vec![1], 2)]);
    let error = builder("http://host/").json(&map).build().unwrap_err();
    assert!(error.is_builder() && error.to_string().contains("as JSON"));
}

//! What the body yields, when, and how it ends.

mod support;

use std::convert::Infallible;
use std::io;
use std::iter;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::stream;
use http_body::Body;
use http_body_util::BodyExt;
use sse_server::{EventStreamBody, EventStreamResponse, LastEventId, NoTimer, OutgoingEvent};
use support::{Wakes, data, fed, frame, ready_frame};

const KIB: usize = 1024;

#[test]
fn the_first_frame_does_not_wait_for_the_source() {
    let (_events, source, _) = fed::<OutgoingEvent<'static>>();
    let mut body = EventStreamResponse::without_keep_alive(source)
        .into_response()
        .into_body();
    assert!(!body.is_end_stream());
    assert_eq!(ready_frame(&mut body), Poll::Ready(Some(Ok(":\n".into()))));
    assert_eq!(ready_frame(&mut body), Poll::Pending);
    assert!(!body.is_end_stream());
}

#[test]
fn events_that_are_ready_at_once_are_the_first_frame() {
    let (events, source, _) = fed();
    events.send(data("a")).unwrap();
    events
        .send(data("b").last_event_id(LastEventId::from(2)))
        .unwrap();
    let mut body = EventStreamResponse::without_keep_alive(source)
        .into_response()
        .into_body();
    assert_eq!(
        ready_frame(&mut body),
        Poll::Ready(Some(Ok("data: a\n\nid: 2\ndata: b\n\n".into())))
    );
    assert_eq!(ready_frame(&mut body), Poll::Pending);
}

#[test]
fn the_reconnection_time_comes_first_of_all() {
    let (events, source, _) = fed();
    let mut body = EventStreamResponse::without_keep_alive(source)
        .reconnection_time(Duration::from_millis(2500))
        .into_response()
        .into_body();
    assert_eq!(
        ready_frame(&mut body),
        Poll::Ready(Some(Ok("retry: 2500\n\n".into())))
    );
    assert_eq!(ready_frame(&mut body), Poll::Pending);
    events.send(data("a")).unwrap();
    assert_eq!(
        ready_frame(&mut body),
        Poll::Ready(Some(Ok("data: a\n\n".into())))
    );
}

#[test]
fn a_source_without_events_still_has_a_first_frame() {
    let source = stream::empty::<OutgoingEvent<'static>>();
    let mut body = EventStreamResponse::without_keep_alive(source)
        .into_response()
        .into_body();
    assert!(!body.is_end_stream());
    assert_eq!(ready_frame(&mut body), Poll::Ready(Some(Ok(":\n".into()))));
    assert!(body.is_end_stream());
    assert_eq!(ready_frame(&mut body), Poll::Ready(None));
    assert_eq!(ready_frame(&mut body), Poll::Ready(None));
}

#[test]
fn the_end_of_the_source_ends_the_body_and_frees_the_source() {
    let (events, source, mut dropped) = fed();
    let mut body = EventStreamResponse::without_keep_alive(source)
        .into_response()
        .into_body();
    events.send(data("last")).unwrap();
    drop(events);
    assert_eq!(
        ready_frame(&mut body),
        Poll::Ready(Some(Ok("data: last\n\n".into())))
    );
    assert!(
        dropped
            .try_recv()
            .is_err_and(|error| error == tokio::sync::oneshot::error::TryRecvError::Closed)
    );
    assert!(body.is_end_stream());
    assert_eq!(ready_frame(&mut body), Poll::Ready(None));
}

#[test]
fn a_source_that_fails_aborts_the_body_after_its_events() {
    let items = [Ok(data("a")), Err("broken"), Ok(data("never"))];
    let body = EventStreamResponse::without_keep_alive(stream::iter(items))
        .into_response()
        .into_body();
    let mut body = std::pin::pin!(body);
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut cx = Context::from_waker(&waker);

    let Poll::Ready(Some(Ok(first))) = body.as_mut().poll_frame(&mut cx) else {
        panic!("no first frame")
    };
    assert_eq!(first.into_data().unwrap(), "data: a\n\n");
    assert!(!body.is_end_stream(), "an error is still to come");

    // One break, in which a server writes what it has.
    assert!(body.as_mut().poll_frame(&mut cx).is_pending());
    assert_eq!(wakes.count(), 1);
    assert!(!body.is_end_stream());

    assert!(matches!(
        body.as_mut().poll_frame(&mut cx),
        Poll::Ready(Some(Err("broken")))
    ));
    assert!(matches!(
        body.as_mut().poll_frame(&mut cx),
        Poll::Ready(None)
    ));
    assert_eq!(wakes.count(), 1);
}

#[tokio::test]
async fn a_source_that_fails_at_once_aborts_too() {
    let source = stream::iter([Err::<OutgoingEvent<'static>, _>(io::ErrorKind::NotFound)]);
    let body = EventStreamResponse::without_keep_alive(source)
        .into_response()
        .into_body();
    assert_eq!(body.collect().await.unwrap_err(), io::ErrorKind::NotFound);
}

#[test]
fn events_share_frames_up_to_the_bound() {
    // 1 KiB each, so 64 of them make a frame and none is cut.
    let event = data("x".repeat(KIB - "data: \n\n".len()));
    let source = stream::iter(iter::repeat_n(event, 130));
    let mut body = EventStreamResponse::without_keep_alive(source)
        .into_response()
        .into_body();
    for expected in [64 * KIB, 64 * KIB, 2 * KIB] {
        let Poll::Ready(Some(Ok(frame))) = ready_frame(&mut body) else {
            panic!("no frame of {expected} bytes")
        };
        assert_eq!(frame.len(), expected);
        assert!(frame.ends_with(b"\n\n"));
    }
    assert_eq!(ready_frame(&mut body), Poll::Ready(None));
}

#[test]
fn an_event_that_does_not_fit_begins_the_next_frame() {
    let sizes = [40 * KIB, 30 * KIB, 1, 200 * KIB, 1];
    let source = stream::iter(sizes.map(|size| data("x".repeat(size))));
    let mut body = EventStreamResponse::without_keep_alive(source)
        .into_response()
        .into_body();
    let overhead = "data: \n\n".len();
    for expected in [
        40 * KIB + overhead,
        30 * KIB + 1 + 2 * overhead,
        200 * KIB + overhead,
        1 + overhead,
    ] {
        let Poll::Ready(Some(Ok(frame))) = ready_frame(&mut body) else {
            panic!("no frame of {expected} bytes")
        };
        assert_eq!(frame.len(), expected);
    }
    assert_eq!(ready_frame(&mut body), Poll::Ready(None));
}

#[test]
fn an_event_that_waits_for_its_frame_is_not_lost_when_the_source_fails() {
    let big = data("x".repeat(64 * KIB));
    let source = stream::iter([Ok(data("a")), Ok(big), Err("broken")]);
    let mut body = EventStreamResponse::without_keep_alive(source)
        .into_response()
        .into_body();
    let lengths: Vec<usize> = iter::from_fn(|| match ready_frame(&mut body) {
        Poll::Ready(Some(Ok(frame))) => Some(frame.len()),
        _ => None,
    })
    .collect();
    assert_eq!(
        lengths,
        ["data: a\n\n".len(), 64 * KIB + "data: \n\n".len()]
    );
    assert_eq!(ready_frame(&mut body), Poll::Ready(Some(Err("broken"))));
}

#[test]
fn a_poll_takes_a_bounded_number_of_events() {
    let mut taken = 0;
    let source = stream::iter(iter::repeat_with(|| {
        taken += 1;
        OutgoingEvent::new()
    }));
    let mut body = EventStreamResponse::without_keep_alive(source)
        .into_response()
        .into_body();
    let Poll::Ready(Some(Ok(frame))) = ready_frame(&mut body) else {
        panic!("no frame")
    };
    assert_eq!(frame.len(), 1024);
    drop(body);
    assert_eq!(taken, 1024);
}

#[tokio::test]
async fn a_source_that_is_always_ready_lets_other_tasks_run() {
    let source = stream::iter(iter::repeat_n(data("x".repeat(16 * KIB)), 100_000));
    let mut body = EventStreamResponse::without_keep_alive(source)
        .into_response()
        .into_body();
    // On this one thread the consumer would never give way by itself: it does not wait for anything but the body.
    let consumer = tokio::spawn(async move { while let Some(Ok(_)) = frame(&mut body).await {} });
    tokio::task::yield_now().await;
    consumer.abort();
    let ended = consumer.await;
    assert!(
        ended.is_err_and(|error| error.is_cancelled()),
        "it was not interrupted before its last event"
    );
}

#[test]
fn dropping_the_body_drops_the_source() {
    let (_events, source, mut dropped) = fed::<OutgoingEvent<'static>>();
    let response = EventStreamResponse::without_keep_alive(source).into_response();
    let mut body = response.into_body();
    assert!(ready_frame(&mut body).is_ready());
    assert!(
        dropped
            .try_recv()
            .is_err_and(|error| error == tokio::sync::oneshot::error::TryRecvError::Empty)
    );
    drop(body);
    assert!(
        dropped
            .try_recv()
            .is_err_and(|error| error == tokio::sync::oneshot::error::TryRecvError::Closed)
    );
}

#[test]
fn the_body_can_go_where_servers_take_it() {
    fn is_sent<T: Send + std::fmt::Debug>(_: &T) {}
    type Source =
        Pin<Box<dyn futures_util::Stream<Item = Result<OutgoingEvent<'static>, io::Error>> + Send>>;
    fn is_send<T: Send>() {}
    is_send::<EventStreamBody<Source, NoTimer>>();
    #[cfg(feature = "tokio")]
    is_send::<EventStreamBody<Source, sse_server::TokioTimer>>();

    let body = EventStreamResponse::without_keep_alive(stream::empty::<OutgoingEvent<'static>>());
    let body = body.into_response().into_body();
    is_sent(&body);
    let boxed = body
        .map_err(|error: Infallible| match error {})
        .boxed_unsync();
    is_sent::<http_body_util::combinators::UnsyncBoxBody<bytes::Bytes, io::Error>>(&boxed);
}

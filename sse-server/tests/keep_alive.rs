//! The comment that is written when a stream has been idle, measured on tokio's paused clock.

mod support;

use std::time::Duration;

use futures_util::stream;
use sse_server::{EventStreamResponse, OutgoingEvent};
use support::{Clock, data, fed, frame, ready_frame};
use tokio::time::{Instant, advance, timeout};

const COMMENT: &str = ":\n";

/// Longer than any interval here, and no time at all on a clock that is moved on when everything waits.
const AN_HOUR: Duration = Duration::from_secs(3600);

/// How long the next frame takes. The clock stands still unless everything waits for it; it counts milliseconds.
async fn wait_for<E: std::fmt::Debug>(
    body: &mut (impl http_body::Body<Data = bytes::Bytes, Error = E> + Unpin),
    expected: &str,
) -> Duration {
    let start = Instant::now();
    let frame = timeout(AN_HOUR, frame(body)).await.expect("it never comes");
    assert_eq!(frame.unwrap().unwrap(), expected);
    let elapsed = start.elapsed();
    Duration::from_millis(elapsed.as_millis().try_into().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_comment_comes_after_every_interval() {
    let (_events, source, _) = fed::<OutgoingEvent<'static>>();
    let body = EventStreamResponse::with_timer(source, Clock)
        .into_response()
        .into_body();
    let mut body = Box::pin(body);
    assert_eq!(wait_for(&mut body, COMMENT).await, Duration::ZERO);
    for _ in 0..3 {
        assert_eq!(wait_for(&mut body, COMMENT).await, Duration::from_secs(15));
    }
}

#[tokio::test(start_paused = true)]
async fn the_interval_can_be_chosen() {
    for (asked, expected) in [
        (30_000, 30_000),
        (1_500, 1_500),
        (1_000, 1_000),
        (999, 1_000),
        (0, 1_000),
    ] {
        let (_events, source, _) = fed::<OutgoingEvent<'static>>();
        let response =
            EventStreamResponse::with_timer(source, Clock).keep_alive(Duration::from_millis(asked));
        let mut body = Box::pin(response.into_response().into_body());
        assert_eq!(wait_for(&mut body, COMMENT).await, Duration::ZERO);
        for _ in 0..2 {
            assert_eq!(
                wait_for(&mut body, COMMENT).await,
                Duration::from_millis(expected)
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn traffic_starts_the_interval_anew() {
    let (events, source, _) = fed();
    let mut body = Box::pin(
        EventStreamResponse::with_timer(source, Clock)
            .into_response()
            .into_body(),
    );
    assert_eq!(wait_for(&mut body, COMMENT).await, Duration::ZERO);
    for _ in 0..3 {
        assert!(ready_frame(&mut body).is_pending());
        advance(Duration::from_secs(14)).await;
        assert!(ready_frame(&mut body).is_pending());
        events.send(data("x")).unwrap();
        assert_eq!(wait_for(&mut body, "data: x\n\n").await, Duration::ZERO);
    }
    assert_eq!(wait_for(&mut body, COMMENT).await, Duration::from_secs(15));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_ready_counts_before_a_comment_that_is_due() {
    let (events, source, _) = fed();
    let mut body = Box::pin(
        EventStreamResponse::with_timer(source, Clock)
            .into_response()
            .into_body(),
    );
    assert_eq!(wait_for(&mut body, COMMENT).await, Duration::ZERO);
    assert!(ready_frame(&mut body).is_pending());
    advance(Duration::from_secs(60)).await;
    events.send(data("x")).unwrap();
    assert_eq!(wait_for(&mut body, "data: x\n\n").await, Duration::ZERO);
    assert_eq!(wait_for(&mut body, COMMENT).await, Duration::from_secs(15));
}

#[tokio::test(start_paused = true)]
async fn polls_that_find_nothing_do_not_put_it_off() {
    let (_events, source, _) = fed::<OutgoingEvent<'static>>();
    let mut body = Box::pin(
        EventStreamResponse::with_timer(source, Clock)
            .into_response()
            .into_body(),
    );
    assert_eq!(wait_for(&mut body, COMMENT).await, Duration::ZERO);
    for _ in 0..14 {
        assert!(ready_frame(&mut body).is_pending());
        advance(Duration::from_secs(1)).await;
    }
    assert_eq!(wait_for(&mut body, COMMENT).await, Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn it_can_be_turned_off() {
    let (_a, with_clock, _) = fed::<OutgoingEvent<'static>>();
    let (_b, without_clock, _) = fed::<OutgoingEvent<'static>>();
    let with_clock = EventStreamResponse::with_timer(with_clock, Clock).keep_alive(None);
    let without_clock =
        EventStreamResponse::without_keep_alive(without_clock).keep_alive(Duration::from_secs(2));
    let mut with_clock = Box::pin(with_clock.into_response().into_body());
    let mut without_clock = Box::pin(without_clock.into_response().into_body());
    wait_for(&mut with_clock, COMMENT).await;
    wait_for(&mut without_clock, COMMENT).await;
    let a_day = Duration::from_secs(86_400);
    assert!(timeout(a_day, frame(&mut with_clock)).await.is_err());
    assert!(timeout(a_day, frame(&mut without_clock)).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn there_is_none_after_the_end() {
    let (events, source, _) = fed();
    let mut body = Box::pin(
        EventStreamResponse::with_timer(source, Clock)
            .into_response()
            .into_body(),
    );
    wait_for(&mut body, COMMENT).await;
    assert!(ready_frame(&mut body).is_pending());
    events.send(data("last")).unwrap();
    drop(events);
    advance(Duration::from_secs(60)).await;
    wait_for(&mut body, "data: last\n\n").await;
    assert!(frame(&mut body).await.is_none());
    advance(Duration::from_secs(60)).await;
    assert!(frame(&mut body).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn there_is_none_after_an_error() {
    let source = stream::iter([Err::<OutgoingEvent<'static>, _>("broken")]);
    let mut body = Box::pin(
        EventStreamResponse::with_timer(source, Clock)
            .into_response()
            .into_body(),
    );
    wait_for(&mut body, COMMENT).await;
    assert_eq!(frame(&mut body).await, Some(Err("broken")));
    advance(Duration::from_secs(60)).await;
    assert!(frame(&mut body).await.is_none());
}

#[cfg(feature = "tokio")]
#[tokio::test(start_paused = true)]
async fn with_the_feature_it_is_on_by_itself() {
    let (events, source, _) = fed();
    let mut body = Box::pin(EventStreamResponse::new(source).into_response().into_body());
    assert_eq!(wait_for(&mut body, COMMENT).await, Duration::ZERO);
    assert_eq!(wait_for(&mut body, COMMENT).await, Duration::from_secs(15));
    assert!(ready_frame(&mut body).is_pending());
    advance(Duration::from_secs(14)).await;
    events.send(data("x")).unwrap();
    assert_eq!(wait_for(&mut body, "data: x\n\n").await, Duration::ZERO);
    assert_eq!(wait_for(&mut body, COMMENT).await, Duration::from_secs(15));
}

#[cfg(feature = "tokio")]
#[tokio::test(start_paused = true)]
async fn no_interval_is_too_long_for_tokio() {
    let (_events, source, _) = fed::<OutgoingEvent<'static>>();
    let response = EventStreamResponse::new(source).keep_alive(Duration::MAX);
    let mut body = Box::pin(response.into_response().into_body());
    assert_eq!(wait_for(&mut body, COMMENT).await, Duration::ZERO);
    assert!(
        timeout(Duration::from_secs(86_400), frame(&mut body))
            .await
            .is_err()
    );
}

#[cfg(feature = "tokio")]
#[test]
fn a_response_can_be_made_outside_the_runtime() {
    let source = stream::empty::<OutgoingEvent<'static>>();
    let response = EventStreamResponse::new(source).into_response();
    assert_eq!(response.status(), 200);
}

//! What the tests of the body have in common.

#![allow(dead_code, unreachable_pub, reason = "each test takes a part of it")]

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use http_body::Body;
use http_body_util::BodyExt;
use sse_server::{OutgoingEvent, Timer};
use tokio::sync::{mpsc, oneshot};

/// A [`Timer`] that is written against the trait alone, so that the tests need no feature.
#[derive(Debug)]
pub struct Clock;

impl Timer for Clock {
    type Sleep = tokio::time::Sleep;

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        tokio::time::sleep(duration)
    }
}

/// A source that is fed by the test; it says when it is dropped.
pub struct Fed<T> {
    items: mpsc::UnboundedReceiver<T>,
    _dropped: oneshot::Sender<()>,
}

impl<T> Stream for Fed<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.items.poll_recv(cx)
    }
}

/// Returns a sender, its source, and what is ready (with an error) once the source has been dropped.
pub fn fed<T>() -> (mpsc::UnboundedSender<T>, Fed<T>, oneshot::Receiver<()>) {
    let (sender, items) = mpsc::unbounded_channel();
    let (_dropped, dropped) = oneshot::channel();
    (sender, Fed { items, _dropped }, dropped)
}

pub fn data(text: impl Into<String>) -> OutgoingEvent<'static> {
    OutgoingEvent::new().data(text.into())
}

/// The next frame's bytes, whatever it takes.
pub async fn frame<B: Body<Data = Bytes> + Unpin>(body: &mut B) -> Option<Result<Bytes, B::Error>> {
    let frame = body.frame().await?;
    Some(frame.map(|frame| frame.into_data().expect("frames of data only")))
}

/// The next frame, if it is there without waiting.
pub fn ready_frame<B: Body<Data = Bytes> + Unpin>(
    body: &mut B,
) -> Poll<Option<Result<Bytes, B::Error>>> {
    pin!(frame(body)).poll(&mut Context::from_waker(Waker::noop()))
}

/// Counts how often it is woken.
#[derive(Debug, Default)]
pub struct Wakes(AtomicUsize);

impl Wakes {
    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

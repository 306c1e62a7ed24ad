//! What tests expect of a stream of updates.

use std::fmt::Debug;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use sse_client::{
    CloseReason, Error, EventSource, EventSourceBuilder, ResponseHead, Update, Updates,
};

/// Starts to build an event source without timeouts, so that no clock decides over bytes on their way.
pub(crate) fn builder(url: &str) -> EventSourceBuilder {
    EventSource::builder(url).response_timeout(None)
}

/// Polls a stream until something has happened, which it must not answer with an item.
pub(crate) async fn silent_until<S, T>(stream: &mut S, happens: impl Future<Output = T>) -> T
where
    S: Stream<Item: Debug> + Unpin,
{
    tokio::select! {
        biased;
        item = stream.next() => panic!("not silent: {item:?}"),
        happened = happens => happened,
    }
}

pub(crate) trait Expect {
    async fn expect_update(&mut self) -> Update;
    async fn expect_open(&mut self) -> ResponseHead;
    async fn expect_event(&mut self, data: &str);
    async fn expect_reconnecting(&mut self) -> (Duration, u32, Error);
    async fn expect_error(&mut self) -> Error;
    async fn expect_closed(&mut self) -> CloseReason;
    async fn expect_failed(&mut self) -> Error;
    async fn expect_end(&mut self);
}

impl Expect for Updates {
    async fn expect_update(&mut self) -> Update {
        self.next().await.expect("the stream has ended")
    }

    async fn expect_open(&mut self) -> ResponseHead {
        match self.expect_update().await {
            Update::Open(head) => head,
            other => panic!("not open: {other:?}"),
        }
    }

    async fn expect_event(&mut self, data: &str) {
        match self.expect_update().await {
            Update::Event(event) => assert_eq!(event.data(), data),
            other => panic!("not an event: {other:?}"),
        }
    }

    async fn expect_reconnecting(&mut self) -> (Duration, u32, Error) {
        let mut update = self.expect_update().await;
        if let Update::Fruitless { .. } = update {
            // Said once, before what becomes of it.
            update = self.expect_update().await;
        }
        match update {
            Update::Reconnecting {
                delay,
                attempt,
                cause,
                ..
            } => {
                assert!(!cause.is_final());
                (delay, attempt, cause)
            }
            other => panic!("does not reconnect: {other:?}"),
        }
    }

    async fn expect_error(&mut self) -> Error {
        match self.expect_update().await {
            Update::Error(error) => {
                assert!(!error.is_final());
                error
            }
            other => panic!("no error: {other:?}"),
        }
    }

    async fn expect_closed(&mut self) -> CloseReason {
        match self.expect_update().await {
            Update::Closed { why, .. } => {
                self.expect_end().await;
                why
            }
            other => panic!("not closed: {other:?}"),
        }
    }

    async fn expect_failed(&mut self) -> Error {
        match self.expect_closed().await {
            CloseReason::Failed(error) => {
                assert!(error.is_final());
                error
            }
            other => panic!("no failure: {other:?}"),
        }
    }

    async fn expect_end(&mut self) {
        for _ in 0..3 {
            assert!(self.next().await.is_none());
        }
    }
}

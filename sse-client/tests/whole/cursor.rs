//! The cursor store: it is read before the first request, changed by acknowledgements alone, and never fails in silence.

use std::sync::{Arc, Mutex};

use futures_util::{FutureExt, StreamExt, TryStreamExt};
use sse_client::{CloseReason, CursorFuture, CursorStore, LastEventId, MemoryStore};
use sse_test_kit::clock::run;
use sse_test_kit::{Answer, Server};

use crate::support::{Expect, builder};

/// A store that does as it is told, and keeps what it was asked.
#[derive(Clone, Default)]
struct Told {
    load: Option<Result<String, String>>,
    hangs: bool,
    saved: Arc<Mutex<Vec<(String, String)>>>,
}

impl CursorStore for Told {
    fn load<'a>(&'a self, _stream: &'a str) -> CursorFuture<'a, Option<String>> {
        Box::pin(async {
            if self.hangs {
                std::future::pending::<()>().await;
            }
            tokio::task::yield_now().await;
            Ok(self.load.clone().transpose()?)
        })
    }

    fn save<'a>(&'a self, stream: &'a str, last_event_id: &'a str) -> CursorFuture<'a, ()> {
        Box::pin(async move {
            if last_event_id == "full" {
                return Err("disk full".into());
            }
            let saved = (stream.to_owned(), last_event_id.to_owned());
            self.saved.lock().unwrap().push(saved);
            Ok(())
        })
    }
}

#[test]
fn begins_behind_the_last_acknowledged_event() {
    run(async {
        let server = Server::start([
            Answer::stream("id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n").hold(),
            Answer::stream("id: 2\ndata: b\n\n").hold(),
        ]);
        let store = MemoryStore::new();
        let new = || {
            builder(&server.url("/"))
                .last_event_id(LastEventId::from_static("0"))
                .cursor_store(store.clone())
                .build()
                .unwrap()
        };
        let mut events = new();
        let first = events.try_next().await.unwrap().unwrap();
        events.acknowledge(&first).await.unwrap();
        // Received, but not acknowledged.
        events.try_next().await.unwrap().unwrap();
        drop(events);
        let mut events = new();
        assert_eq!(events.try_next().await.unwrap().unwrap().data(), "b");
        let requests = server.requests();
        let sent: Vec<_> = (requests.iter())
            .map(|request| request.header("last-event-id").unwrap())
            .collect();
        assert_eq!(sent, ["0", "1"]);
    });
}

#[test]
fn an_id_is_saved_once_under_the_url_without_credentials() {
    run(async {
        let server =
            Server::start([Answer::stream("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n").hold()]);
        let store = Told::default();
        let url = server
            .url("/path?query")
            .replace("http://", "http://me:secret@");
        let mut events = builder(&format!("{url}#fragment"))
            .cursor_store(store.clone())
            .build()
            .unwrap();
        let handle = events.handle();
        for _ in 0..3 {
            let event = events.try_next().await.unwrap().unwrap();
            handle.acknowledge(&event).await.unwrap();
        }
        let stream = server.url("/path?query");
        let saved = [(stream.clone(), "1".to_owned()), (stream, String::new())];
        assert_eq!(*store.saved.lock().unwrap(), saved);
    });
}

#[test]
fn without_the_cursor_nothing_is_sent() {
    run(async {
        let server = Server::start([]);
        for (load, cause) in [
            (Err("no disk".to_owned()), "no disk"),
            (Ok("a\nb".to_owned()), "void its line"),
        ] {
            let store = Told {
                load: Some(load),
                ..Told::default()
            };
            let mut updates = builder(&server.url("/"))
                .cursor_store(store)
                .build()
                .unwrap()
                .updates();
            let error = updates.expect_failed().await;
            assert!(error.is_cursor());
            let source = std::error::Error::source(&error).unwrap().to_string();
            assert!(source.to_lowercase().contains(cause), "{source}");
        }
        assert!(server.requests().is_empty());
    });
}

#[test]
fn a_failure_to_save_is_the_acknowledgements() {
    run(async {
        let server = Server::start([Answer::stream("id: full\ndata: a\n\ndata: b\n\n").hold()]);
        let mut events = builder(&server.url("/"))
            .cursor_store(Told::default())
            .build()
            .unwrap();
        let event = events.try_next().await.unwrap().unwrap();
        let error = events.acknowledge(&event).await.unwrap_err();
        assert!(error.is_cursor() && !error.is_final());
        assert_eq!(events.try_next().await.unwrap().unwrap().data(), "b");

        let events = builder(&server.url("/")).build().unwrap();
        let error = events.acknowledge(&event).await.unwrap_err();
        assert!(error.is_cursor() && error.to_string().contains("give one to the builder"));
    });
}

#[test]
fn closing_while_the_cursor_is_loaded() {
    run(async {
        let store = || Told {
            hangs: true,
            ..Told::default()
        };
        let builder = || builder("http://127.0.0.1:1/").cursor_store(store());
        let mut events = builder().build().unwrap();
        assert!(events.next().now_or_never().is_none());
        events.close();
        assert!(events.next().await.is_none());

        let mut updates = builder().build().unwrap().updates();
        assert!(updates.next().now_or_never().is_none());
        updates.handle().finish();
        assert!(matches!(
            updates.expect_closed().await,
            CloseReason::Finished
        ));
    });
}

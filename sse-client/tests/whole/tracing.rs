//! What is told to `tracing`: spans for the event source and each connection, and no secrets.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use sse_test_kit::clock::{advance, run};
use sse_test_kit::{Answer, Server};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::support::{Expect, builder, is_alone, run_alone};

/// Writes down what this crate tells, a line each.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Notes {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("sse_client")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line(format!("span {}", span.metadata().name()));
        span.record(&mut line);
        let mut lines = self.0.lock().unwrap();
        lines.push(line.0);
        Id::from_u64(lines.len() as u64)
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}
    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}
    fn enter(&self, _span: &Id) {}
    fn exit(&self, _span: &Id) {}
}

#[test]
fn tells_what_happens_and_no_secrets() {
    // What `tracing` knows of places that tell something is for the whole process, and other tests come to them too.
    if !is_alone() {
        return run_alone("tracing::tells_what_happens_and_no_secrets", |_| {});
    }
    let notes = Notes::default();
    tracing::subscriber::with_default(notes.clone(), || {
        run(async {
            let server = Server::start([
                Answer::stream("id: 1\nevent: t\ndata: secret\n\n"),
                Answer::status(404),
            ]);
            let url = server.url("/path?secret").replace("//", "//me:secret@");
            let mut updates = builder(&url)
                .header("x-api-key", "secret")
                .build()
                .unwrap()
                .updates();
            updates.expect_open().await;
            updates.expect_event("secret").await;
            advance(updates.expect_reconnecting().await.0).await;
            updates.expect_failed().await;
        });
    });
    let lines = notes.0.lock().unwrap();
    let told = lines.join("\n");
    assert!(!told.contains("secret") && !told.contains("me:"), "{told}");
    for (line, begins) in lines.iter().zip([
        "span event_source url=",
        "span connection method=GET url=",
        "DEBUG message=request sent",
        "INFO message=open status=200",
        "TRACE message=event event_type=\"t\" bytes=6",
        "WARN message=reconnecting",
        "span connection",
        "DEBUG message=request sent",
        "ERROR message=failed decision=404, final",
    ]) {
        assert!(line.starts_with(begins), "{line} is not {begins}");
    }
    assert_eq!(lines.len(), 9, "{told}");
    assert!(lines[5].ends_with("resuming after 1"), "{told}");
}

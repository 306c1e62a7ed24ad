//! The transports, and what tests expect of a stream of updates.

use std::time::Duration;

use futures_util::StreamExt;
use sse_client::{CloseReason, Error, EventSource, EventSourceBuilder, Update, Updates};
use sse_test_kit::clock::{advance, run};
use sse_test_kit::{Answer, Certificate, Server, ServerBuilder};

/// How bytes come and go.
#[derive(Debug)]
pub(crate) struct Transport {
    pub(crate) is_http2: bool,
    certificate: Option<Certificate>,
}

/// Runs a test over every transport that this build of the client has.
#[expect(
    clippy::needless_pass_by_value,
    reason = "to spare every test a reference"
)]
pub(crate) fn over_every_transport(test: impl AsyncFn(&Transport)) {
    for is_tls in [false, true] {
        for is_http2 in [false, true] {
            let has_tls = cfg!(any(feature = "default-tls", feature = "rustls"));
            if (is_tls && !has_tls) || (is_http2 && !cfg!(feature = "http2")) {
                continue;
            }
            let transport = Transport {
                is_http2,
                certificate: is_tls.then(Certificate::for_loopback),
            };
            println!("{transport:?}");
            run(test(&transport));
        }
    }
}

impl Transport {
    pub(crate) fn server(&self) -> ServerBuilder {
        let builder = Server::builder();
        let builder = if self.is_http2 {
            builder.http2()
        } else {
            builder
        };
        match &self.certificate {
            Some(certificate) => builder.tls(certificate),
            None => builder,
        }
    }

    pub(crate) fn scheme(&self) -> &'static str {
        match self.certificate {
            Some(_) => "https",
            None => "http",
        }
    }

    pub(crate) fn start(&self, answers: impl IntoIterator<Item = Answer>) -> Server {
        self.server().answers(answers).start()
    }

    /// Starts to build an event source without timeouts, so that no clock decides over bytes on their way. Its HTTP client
    /// is set as that of the crate is, but for whom it trusts, and what it knows of the server.
    pub(crate) fn builder(&self, url: &str) -> EventSourceBuilder {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(0);
        #[cfg(feature = "http2")]
        let client = if self.is_http2 && self.certificate.is_none() {
            client.http2_prior_knowledge()
        } else {
            client
        };
        #[cfg(any(feature = "default-tls", feature = "rustls"))]
        let client = match &self.certificate {
            Some(certificate) => {
                client.tls_certs_only([reqwest::Certificate::from_der(certificate.der()).unwrap()])
            }
            None => client,
        };
        EventSource::builder(url)
            .client(client.build().unwrap())
            .response_timeout(None)
    }

    pub(crate) fn updates(&self, server: &Server) -> Updates {
        self.builder(&server.url("/")).build().unwrap().updates()
    }
}

pub(crate) trait Expect {
    async fn expect(&mut self) -> Update;
    async fn expect_open(&mut self);
    async fn expect_event(&mut self, data: &str);
    async fn expect_loss(&mut self) -> (Duration, Error);
    /// Expects that the connection is lost, and lets the delay pass.
    async fn expect_loss_and_wait(&mut self) -> Error;
    async fn expect_failure(&mut self) -> Error;
}

impl Expect for Updates {
    async fn expect(&mut self) -> Update {
        self.next().await.expect("the stream has ended")
    }

    async fn expect_open(&mut self) {
        let update = self.expect().await;
        assert!(matches!(update, Update::Open(_)), "not open: {update:?}");
    }

    async fn expect_event(&mut self, data: &str) {
        match self.expect().await {
            Update::Event(event) => assert_eq!(event.data(), data),
            other => panic!("not an event: {other:?}"),
        }
    }

    async fn expect_loss(&mut self) -> (Duration, Error) {
        loop {
            match self.expect().await {
                Update::Reconnecting { delay, cause, .. } => {
                    assert!(!cause.is_final());
                    return (delay, cause);
                }
                Update::Open(_) | Update::Event(_) | Update::Closed { .. } => {
                    panic!("does not reconnect")
                }
                // What goes before it.
                _ => {}
            }
        }
    }

    async fn expect_loss_and_wait(&mut self) -> Error {
        let (delay, cause) = self.expect_loss().await;
        advance(delay).await;
        cause
    }

    async fn expect_failure(&mut self) -> Error {
        match self.expect().await {
            Update::Closed {
                why: CloseReason::Failed(error),
                ..
            } => error,
            other => panic!("no failure: {other:?}"),
        }
    }
}

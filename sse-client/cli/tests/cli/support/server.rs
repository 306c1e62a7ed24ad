//! A server whose script is the test: it accepts a request, and sends what it likes.

use std::net::TcpListener;

use sse_test_kit::blocking::{Exchange, Server};
use sse_test_kit::{Answer, ServerBuilder};

use super::PATIENCE;

/// Starts a server that leaves every answer to the test.
pub(crate) fn server() -> Server {
    builder().start_blocking()
}

/// Starts one on a listener that was made before.
pub(crate) fn server_on(listener: TcpListener) -> Server {
    builder().listener(listener).start_blocking()
}

fn builder() -> ServerBuilder {
    sse_test_kit::Server::builder()
        .otherwise(Answer::live())
        .limit(PATIENCE)
}

pub(crate) trait Accept {
    /// Waits for the next request, and answers it with the head of an event stream that ends with its connection.
    fn accept_stream(&self) -> Exchange;

    /// Waits for the next request, and gives it an answer.
    fn answer(&self, answer: Answer) -> Exchange;
}

impl Accept for Server {
    fn accept_stream(&self) -> Exchange {
        self.answer(Answer::stream("").until_close())
    }

    fn answer(&self, answer: Answer) -> Exchange {
        let exchange = self.accept();
        exchange.play(answer);
        exchange
    }
}

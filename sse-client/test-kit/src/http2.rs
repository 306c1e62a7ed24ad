//! A connection of HTTP/2.

use std::future::{pending, poll_fn};
use std::io::{self, ErrorKind};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream, SendStream};
use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderValue, Method, Response, StatusCode, Version};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::incoming::{MAX_BODY, too_large};
use crate::link::{Io, Link};
use crate::performance::{Carrier, Ending, perform};
use crate::playing::Playing;
use crate::request::{Parts, Request};
use crate::step::{Coding, Head};

/// Serves a connection till its end.
pub(crate) async fn serve(io: Box<dyn Io>, link: &Link) {
    let (tell, gone) = watch::channel(false);
    let mut connection = match h2::server::handshake(io).await {
        Ok(connection) => connection,
        Err(error) => {
            link.log
                .trouble(format!("a connection is not HTTP/2: {error}"));
            link.log.closed();
            return;
        }
    };
    let (orders, ordered) = mpsc::unbounded_channel();
    let mut driver = Driver {
        ordered,
        unflushed: Vec::new(),
        streams: JoinSet::new(),
        is_going: false,
    };
    let ending = poll_fn(|cx| {
        driver.poll(&mut connection, cx, link, |request, respond| {
            let (link, gone, orders) = (link.clone(), gone.clone(), orders.clone());
            async move { serve_stream(request, respond, link, gone, orders).await }
        })
    })
    .await;
    match ending {
        Ending::Gone => {
            link.log.closed();
            tell.send_replace(true);
        }
        Ending::Reset => link.wire.reset_on_close(),
        Ending::Complete | Ending::Cut => {}
    }
}

/// What a stream asks of its connection.
enum Order {
    /// To tell when the kernel has taken everything.
    Flush(oneshot::Sender<()>),
    GoAway,
}

/// What drives a connection.
struct Driver {
    ordered: mpsc::UnboundedReceiver<Order>,
    unflushed: Vec<oneshot::Sender<()>>,
    streams: JoinSet<Ending>,
    /// The client was asked to go away.
    is_going: bool,
}

impl Driver {
    fn poll<F: Future<Output = Ending> + Send + 'static>(
        &mut self,
        connection: &mut Connection<Box<dyn Io>, Bytes>,
        cx: &mut Context<'_>,
        link: &Link,
        serve: impl Fn(http::Request<RecvStream>, SendResponse<Bytes>) -> F,
    ) -> Poll<Ending> {
        while let Poll::Ready(Some(order)) = self.ordered.poll_recv(cx) {
            match order {
                Order::Flush(flushed) => self.unflushed.push(flushed),
                Order::GoAway => {
                    self.is_going = true;
                    connection.graceful_shutdown();
                }
            }
        }
        while let Poll::Ready(Some(ended)) = self.streams.poll_join_next(cx) {
            match ended {
                Ok(ending @ (Ending::Cut | Ending::Reset)) => return Poll::Ready(ending),
                Ok(Ending::Complete | Ending::Gone) => {}
                // It has panicked, which is told already.
                Err(_) => return Poll::Ready(Ending::Cut),
            }
        }
        loop {
            match connection.poll_accept(cx) {
                Poll::Ready(Some(Ok((request, respond)))) => {
                    self.streams.spawn(serve(request, respond));
                    // So that it is looked at again.
                    cx.waker().wake_by_ref();
                }
                Poll::Ready(Some(Err(_))) => return Poll::Ready(Ending::Gone),
                Poll::Ready(None) => {
                    let ending = if self.is_going {
                        Ending::Cut
                    } else {
                        Ending::Gone
                    };
                    return Poll::Ready(ending);
                }
                Poll::Pending => break,
            }
        }
        // What was sent before the order to flush is on its way, since the connection was polled after it.
        if !link.wire.is_blocked() {
            for flushed in self.unflushed.drain(..) {
                // Its stream may be gone.
                let _ = flushed.send(());
            }
        }
        Poll::Pending
    }
}

async fn serve_stream(
    request: http::Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    link: Link,
    gone: watch::Receiver<bool>,
    orders: mpsc::UnboundedSender<Order>,
) -> Ending {
    let request = match received(request, link.number).await {
        Ok(request) => request,
        Err(trouble) => {
            link.log.trouble(trouble);
            respond.send_reset(Reason::INTERNAL_ERROR);
            return Ending::Complete;
        }
    };
    let answer = link.source.answer(&request);
    let mut playing = Playing::new(&request, gone, &link);
    let mut stream = Stream {
        state: State::Unanswered(respond),
        orders,
        link: &link,
        has_no_body: *request.method() == Method::HEAD,
    };
    let steps = answer.into_steps();
    let ending = perform(&mut stream, steps, &mut playing.said, link.limit).await;
    let ending = match ending {
        Ending::Complete => stream.end().await,
        Ending::Cut | Ending::Reset | Ending::Gone => ending,
    };
    if ending == Ending::Gone {
        playing.closed();
    }
    ending
}

/// Reads a request to its end.
async fn received(
    request: http::Request<RecvStream>,
    connection: usize,
) -> Result<Request, String> {
    let (head, mut incoming) = request.into_parts();
    let mut body = BytesMut::new();
    while let Some(chunk) = incoming.data().await {
        let chunk = chunk.map_err(|error| format!("a request was cut: {error}"))?;
        if body.len() + chunk.len() > MAX_BODY {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
        // Fails if the client has left, which shows soon enough.
        let _ = incoming.flow_control().release_capacity(chunk.len());
    }
    let mut headers = head.headers;
    if let Some(authority) = head.uri.authority() {
        if let Ok(value) = HeaderValue::from_str(authority.as_str()) {
            headers.insert(HOST, value);
        }
    }
    let target = head
        .uri
        .path_and_query()
        .map_or("*", |target| target.as_str());
    Ok(Request::new(Parts {
        method: head.method,
        target: target.to_owned(),
        version: Version::HTTP_2,
        headers,
        head: Bytes::new(),
        body: body.freeze(),
        received_at: Instant::now(),
        connection,
    }))
}

/// The answer's half of a stream.
struct Stream<'a> {
    state: State,
    orders: mpsc::UnboundedSender<Order>,
    link: &'a Link,
    has_no_body: bool,
}

enum State {
    Unanswered(SendResponse<Bytes>),
    Open(SendStream<Bytes>),
    Ended,
}

impl Stream<'_> {
    async fn end(&mut self) -> Ending {
        match &mut self.state {
            // There was no answer.
            State::Unanswered(_) => return Ending::Cut,
            State::Open(stream) => {
                if stream.send_data(Bytes::new(), true).is_err() {
                    return Ending::Gone;
                }
            }
            State::Ended => {}
        }
        match self.flush().await {
            Ok(()) => Ending::Complete,
            Err(_) => Ending::Gone,
        }
    }

    fn poll_reset(&mut self, cx: &mut Context<'_>) -> Poll<Result<Reason, h2::Error>> {
        match &mut self.state {
            State::Unanswered(respond) => respond.poll_reset(cx),
            State::Open(stream) => stream.poll_reset(cx),
            State::Ended => Poll::Pending,
        }
    }
}

impl Carrier for Stream<'_> {
    async fn head(&mut self, head: &Head) -> io::Result<()> {
        let State::Unanswered(respond) = &mut self.state else {
            return Err(violated());
        };
        let mut response = Response::new(());
        *response.status_mut() = head.status;
        *response.headers_mut() = head.headers.clone();
        self.has_no_body |= head.status.is_informational()
            || head.status == StatusCode::NO_CONTENT
            || head.status == StatusCode::NOT_MODIFIED;
        if let Coding::Length(length) = head.coding {
            if !self.has_no_body && !head.headers.contains_key(CONTENT_LENGTH) {
                response.headers_mut().insert(CONTENT_LENGTH, length.into());
            }
        }
        let stream = respond
            .send_response(response, self.has_no_body)
            .map_err(io::Error::other)?;
        self.state = if self.has_no_body {
            State::Ended
        } else {
            State::Open(stream)
        };
        Ok(())
    }

    async fn data(&mut self, mut bytes: Bytes) -> io::Result<()> {
        let stream = match &mut self.state {
            State::Open(stream) => stream,
            State::Unanswered(_) => return Err(violated()),
            State::Ended => return Ok(()),
        };
        while !bytes.is_empty() {
            stream.reserve_capacity(bytes.len());
            let capacity = poll_fn(|cx| stream.poll_capacity(cx)).await;
            let capacity = capacity.ok_or_else(gone)?.map_err(io::Error::other)?;
            let frame = bytes.split_to(capacity.min(bytes.len()));
            stream.send_data(frame, false).map_err(io::Error::other)?;
        }
        Ok(())
    }

    async fn raw(&mut self, _: Bytes) -> io::Result<()> {
        Err(violated())
    }

    async fn partial_chunk(&mut self, bytes: Bytes) -> io::Result<()> {
        self.data(bytes).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        let (tell, flushed) = oneshot::channel();
        self.orders.send(Order::Flush(tell)).map_err(|_| gone())?;
        flushed.await.map_err(|_| gone())
    }

    async fn half_close(&mut self) -> io::Result<()> {
        self.flush().await?;
        self.link.wire.half_close();
        Ok(())
    }

    fn freeze(&mut self) {
        self.link.wire.freeze();
    }

    fn go_away(&mut self) {
        // Fails if the connection has ended.
        let _ = self.orders.send(Order::GoAway);
    }

    fn reset_stream(&mut self, code: u32) -> Ending {
        match &mut self.state {
            State::Unanswered(respond) => respond.send_reset(code.into()),
            State::Open(stream) => stream.send_reset(code.into()),
            State::Ended => {}
        }
        self.state = State::Ended;
        Ending::Complete
    }

    async fn gone(&mut self) {
        // When the connection ends, so does this task.
        match poll_fn(|cx| self.poll_reset(cx)).await {
            Ok(_) => {}
            Err(_) => pending().await,
        }
    }
}

/// The error that stands for what HTTP/2 has no place for.
fn violated() -> io::Error {
    io::Error::other("HTTP/2 has no place for this")
}

/// The error that stands for a client that has left.
fn gone() -> io::Error {
    ErrorKind::ConnectionReset.into()
}

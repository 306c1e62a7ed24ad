//! Plays the steps of an answer over whatever carries it.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;

#[cfg(feature = "gzip")]
use crate::gzip::Gzip;
use crate::patience::{fail, within};
#[cfg(feature = "gzip")]
use crate::step::Flushing;
use crate::step::{Head, Step};

/// What carries an answer: a connection of HTTP/1.1, or a stream of HTTP/2. An error says that the client has left.
pub(crate) trait Carrier: Send {
    fn head(&mut self, head: &Head) -> impl Future<Output = io::Result<()>> + Send;
    /// Sends bytes of the body. Before there was a head, they are bytes of the wire.
    fn data(&mut self, bytes: Bytes) -> impl Future<Output = io::Result<()>> + Send;
    fn raw(&mut self, bytes: Bytes) -> impl Future<Output = io::Result<()>> + Send;
    /// Sends the beginning of a chunk.
    fn partial_chunk(&mut self, bytes: Bytes) -> impl Future<Output = io::Result<()>> + Send;
    /// Waits until the kernel has taken everything.
    fn flush(&mut self) -> impl Future<Output = io::Result<()>> + Send;
    fn half_close(&mut self) -> impl Future<Output = io::Result<()>> + Send;
    fn freeze(&mut self);
    fn go_away(&mut self);
    fn reset_stream(&mut self, code: u32) -> Ending;
    /// Waits until the client has left.
    fn gone(&mut self) -> impl Future<Output = ()> + Send;
}

/// How an answer has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// As it should. The body has not been ended yet.
    Complete,
    /// By the connection, without the end of the body.
    Cut,
    /// By a reset of the connection.
    Reset,
    /// The client has left.
    Gone,
}

/// Plays steps, and those that the test says.
pub(crate) async fn perform(
    carrier: &mut impl Carrier,
    steps: Vec<Step>,
    said: &mut mpsc::UnboundedReceiver<Step>,
    limit: Duration,
) -> Ending {
    let mut performance = Performance {
        carrier,
        limit,
        pieces: None,
        #[cfg(feature = "gzip")]
        gzip: None,
    };
    match performance.all(steps, said).await {
        Ok(ending) => ending,
        Err(_) => Ending::Gone,
    }
}

struct Performance<'a, C> {
    carrier: &'a mut C,
    limit: Duration,
    pieces: Option<usize>,
    #[cfg(feature = "gzip")]
    gzip: Option<(Gzip, Flushing)>,
}

impl<C: Carrier> Performance<'_, C> {
    async fn all(
        &mut self,
        steps: Vec<Step>,
        said: &mut mpsc::UnboundedReceiver<Step>,
    ) -> io::Result<Ending> {
        for step in steps {
            let ending = if let Step::Live = step {
                self.live(said).await?
            } else {
                self.step(step).await?
            };
            if let Some(ending) = ending {
                return Ok(ending);
            }
        }
        #[cfg(feature = "gzip")]
        if let Some((gzip, _)) = self.gzip.take() {
            self.data(gzip.finish()?).await?;
        }
        Ok(Ending::Complete)
    }

    async fn live(
        &mut self,
        said: &mut mpsc::UnboundedReceiver<Step>,
    ) -> io::Result<Option<Ending>> {
        loop {
            let step = tokio::select! {
                biased;
                step = said.recv() => step,
                () = self.carrier.gone() => return Ok(Some(Ending::Gone)),
            };
            let Some(step) = step else {
                return Ok(None);
            };
            // It is live already.
            if matches!(step, Step::Live) {
                continue;
            }
            if let Some(ending) = self.step(step).await? {
                return Ok(Some(ending));
            }
        }
    }

    async fn step(&mut self, step: Step) -> io::Result<Option<Ending>> {
        match step {
            Step::Head(head) => {
                #[cfg(feature = "gzip")]
                {
                    self.gzip = head.gzip.map(|flushing| (Gzip::new(), flushing));
                }
                self.carrier.head(&head).await?;
            }
            Step::Send(bytes) => self.send(bytes).await?,
            Step::Repeat(bytes, times) => {
                for _ in 0..times {
                    self.send(bytes.clone()).await?;
                }
            }
            Step::Pieces(size) => self.pieces = Some(size),
            Step::Raw(bytes) => self.carrier.raw(bytes).await?,
            Step::Flush =>
            {
                #[cfg(feature = "gzip")]
                if let Some((gzip, _)) = &mut self.gzip {
                    let bytes = gzip.flush()?;
                    self.data(bytes).await?;
                }
            }
            Step::Wait(signal) => {
                tokio::select! {
                    biased;
                    given = within(self.limit, signal.wait()) => if given.is_none() {
                        fail(format_args!("a script's signal was not given within {:?}", self.limit));
                    },
                    () = self.carrier.gone() => return Ok(Some(Ending::Gone)),
                }
            }
            Step::Give(signal) => {
                self.carrier.flush().await?;
                signal.give();
            }
            Step::Pause(time) => {
                tokio::select! {
                    biased;
                    () = tokio::time::sleep(time) => {}
                    () = self.carrier.gone() => return Ok(Some(Ending::Gone)),
                }
            }
            Step::GoAway => self.carrier.go_away(),
            Step::Live => {}
            Step::Hold => return self.gone().await,
            Step::HalfClose => {
                self.carrier.half_close().await?;
                return self.gone().await;
            }
            Step::Freeze => {
                self.carrier.flush().await?;
                self.carrier.freeze();
                return self.gone().await;
            }
            Step::Cut => {
                self.carrier.flush().await?;
                return Ok(Some(Ending::Cut));
            }
            Step::CutChunk(bytes) => {
                self.carrier.partial_chunk(bytes).await?;
                self.carrier.flush().await?;
                return Ok(Some(Ending::Cut));
            }
            Step::Reset => {
                self.carrier.flush().await?;
                return Ok(Some(Ending::Reset));
            }
            Step::ResetStream(code) => {
                self.carrier.flush().await?;
                return Ok(Some(self.carrier.reset_stream(code)));
            }
        }
        Ok(None)
    }

    async fn send(&mut self, bytes: Bytes) -> io::Result<()> {
        #[cfg(feature = "gzip")]
        if let Some((gzip, flushing)) = &mut self.gzip {
            let mut compressed = gzip.write(&bytes)?;
            if *flushing == Flushing::EachSend {
                compressed.extend_from_slice(&gzip.flush()?);
            }
            return self.data(compressed.into()).await;
        }
        self.data(bytes).await
    }

    async fn data(&mut self, mut bytes: Bytes) -> io::Result<()> {
        let Some(size) = self.pieces else {
            return if bytes.is_empty() {
                Ok(())
            } else {
                self.carrier.data(bytes).await
            };
        };
        while !bytes.is_empty() {
            let piece = bytes.split_to(size.min(bytes.len()));
            self.carrier.data(piece).await?;
            self.carrier.flush().await?;
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    async fn gone(&mut self) -> io::Result<Option<Ending>> {
        self.carrier.gone().await;
        Ok(Some(Ending::Gone))
    }
}

//! [`SourceItem`]: what a source of events yields.

use std::convert::Infallible;

use bytes::BytesMut;
use sse_codec::{Encoder, OutgoingEvent};

/// What a source of events may yield: an [`OutgoingEvent`], or a `Result` of one.
///
/// Implemented for these two and for nothing else. A source of plain events cannot fail; one of `Result`s aborts the
/// body with its first error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what an event stream is made of",
    note = "the stream has to yield `OutgoingEvent` or `Result<OutgoingEvent, E>`"
)]
pub trait SourceItem: sealed::Sealed {
    /// What the source fails with; also the error of the body.
    type Error;

    /// Appends the block to `buffer`, as [`Encoder`] writes it.
    ///
    /// # Errors
    ///
    /// If the source has failed. Then nothing is appended.
    fn encode(self, buffer: &mut BytesMut) -> Result<(), Self::Error>;
}

// For every lifetime, although a source is rarely of any but `'static`: an `async` block that holds a body across an
// `await` forgets that it was `'static`, and would not be `Send` for want of an implementation.
impl SourceItem for OutgoingEvent<'_> {
    type Error = Infallible;

    fn encode(self, buffer: &mut BytesMut) -> Result<(), Infallible> {
        buffer.reserve(Encoder::encoded_len(&self));
        Encoder::new().encode(&self, buffer);
        Ok(())
    }
}

impl<E> SourceItem for Result<OutgoingEvent<'_>, E> {
    type Error = E;

    fn encode(self, buffer: &mut BytesMut) -> Result<(), E> {
        let Ok(()) = self?.encode(buffer);
        Ok(())
    }
}

mod sealed {
    use super::OutgoingEvent;

    #[expect(
        unnameable_types,
        reason = "nobody else is to implement the trait that asks for it"
    )]
    pub trait Sealed {}

    impl Sealed for OutgoingEvent<'_> {}

    impl<E> Sealed for Result<OutgoingEvent<'_>, E> {}
}

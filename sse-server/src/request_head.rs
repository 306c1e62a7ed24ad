//! [`RequestHead`]: where the questions about a request find their answers.

use http::request::Parts;
use http::{HeaderMap, Request};

/// What [`accepts_event_stream`](crate::accepts_event_stream) and [`last_event_id`](crate::last_event_id) can be asked
/// about: an [`http::Request`], its [`Parts`], or its [`HeaderMap`] alone, which has no query.
///
/// Implemented for these three and for nothing else.
pub trait RequestHead: sealed::Sealed {
    /// Returns the header fields.
    fn headers(&self) -> &HeaderMap;

    /// Returns the query of the URL, without the question mark and still encoded.
    fn query(&self) -> Option<&str>;
}

impl<B> RequestHead for Request<B> {
    fn headers(&self) -> &HeaderMap {
        self.headers()
    }

    fn query(&self) -> Option<&str> {
        self.uri().query()
    }
}

impl RequestHead for Parts {
    fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    fn query(&self) -> Option<&str> {
        self.uri.query()
    }
}

impl RequestHead for HeaderMap {
    fn headers(&self) -> &HeaderMap {
        self
    }

    fn query(&self) -> Option<&str> {
        None
    }
}

mod sealed {
    use super::{HeaderMap, Parts, Request};

    #[expect(
        unnameable_types,
        reason = "nobody else is to implement the trait that asks for it"
    )]
    pub trait Sealed {}

    impl<B> Sealed for Request<B> {}

    impl Sealed for Parts {}

    impl Sealed for HeaderMap {}
}

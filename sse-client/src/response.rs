//! The head of a response, and the verdict on it: status and content type become what to do.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, StatusCode};
use reqwest::Url;

/// The head of an HTTP response. Cheap to clone.
///
/// Its `Debug` output shows neither credentials nor query of the URL, and of the headers only the content type, so that
/// it can be logged.
#[derive(Clone)]
pub struct ResponseHead {
    inner: Arc<Inner>,
}

struct Inner {
    url: Url,
    status: StatusCode,
    headers: HeaderMap,
}

impl ResponseHead {
    pub(crate) fn new(url: Url, status: StatusCode, headers: HeaderMap) -> Self {
        Self {
            inner: Arc::new(Inner {
                url,
                status,
                headers,
            }),
        }
    }

    /// Returns the URL that has answered: the last one, if there were redirects. In full, so mind what its query may
    /// hold before it is logged.
    #[must_use]
    pub fn url(&self) -> &str {
        self.inner.url.as_str()
    }

    /// Returns the status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.inner.status
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.inner.headers
    }
}

impl fmt::Debug for ResponseHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseHead")
            .field("status", &self.inner.status)
            .finish_non_exhaustive()
    }
}

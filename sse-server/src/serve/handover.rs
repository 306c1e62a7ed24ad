//! [`Handover`]: how an event stream leaves hyper.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::Response;

use crate::hub::body::SubscriptionBody;

/// A place for the answer to a request of HTTP/1.1 that is an event stream.
///
/// hyper reads the requests. The service puts such an answer here and leaves hyper waiting for it; when hyper has
/// written all that it had before, which the socket notices, the connection is taken from it.
#[derive(Default)]
pub(crate) struct Handover {
    stage: Mutex<Stage>,
}

#[derive(Default)]
enum Stage {
    #[default]
    Empty,
    /// hyper may still have something to write.
    Offered(Response<SubscriptionBody>),
    Ready(Response<SubscriptionBody>),
}

impl Handover {
    pub(crate) fn offer(&self, response: Response<SubscriptionBody>) {
        *self.stage() = Stage::Offered(response);
    }

    /// Notes that hyper has nothing left to write.
    pub(crate) fn flushed(&self) {
        let mut stage = self.stage();
        *stage = match mem::take(&mut *stage) {
            Stage::Offered(response) => Stage::Ready(response),
            stage => stage,
        };
    }

    /// Returns the answer if the connection can be taken.
    pub(crate) fn take(&self) -> Option<Response<SubscriptionBody>> {
        let mut stage = self.stage();
        match mem::take(&mut *stage) {
            Stage::Ready(response) => Some(response),
            other => {
                *stage = other;
                None
            }
        }
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

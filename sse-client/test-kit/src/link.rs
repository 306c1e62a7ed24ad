//! [`Link`]: what a connection knows of its server.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::answer::Answer;
use crate::log::Log;
use crate::request::Request;
use crate::wire::Wire;

/// What bytes come from and go to: a socket, or TLS on one.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// What a connection knows of its server, and of itself.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) number: usize,
    pub(crate) wire: Wire,
    pub(crate) log: Arc<Log>,
    pub(crate) source: Arc<Source>,
    pub(crate) limit: Duration,
}

/// Where answers come from.
#[derive(Debug)]
pub(crate) struct Source {
    listed: Mutex<VecDeque<Answer>>,
    otherwise: Otherwise,
}

/// What comes behind the listed answers.
pub(crate) enum Otherwise {
    Same(Answer),
    By(Box<dyn Fn(&Request) -> Answer + Send + Sync>),
}

impl Source {
    pub(crate) fn new(listed: VecDeque<Answer>, otherwise: Otherwise) -> Self {
        Self {
            listed: Mutex::new(listed),
            otherwise,
        }
    }

    /// Returns the next answer, if it is one that needs no request.
    pub(crate) fn answer_at_accept(&self) -> Option<Answer> {
        if self.with_listed(|listed| listed.front().is_some_and(Answer::is_at_accept)) {
            return self.with_listed(VecDeque::pop_front);
        }
        match &self.otherwise {
            Otherwise::Same(answer)
                if answer.is_at_accept() && self.with_listed(|listed| listed.is_empty()) =>
            {
                Some(answer.clone())
            }
            _ => None,
        }
    }

    /// Returns the answer to a request.
    pub(crate) fn answer(&self, request: &Request) -> Answer {
        match (self.with_listed(VecDeque::pop_front), &self.otherwise) {
            (Some(answer), _) => answer,
            (None, Otherwise::Same(answer)) => answer.clone(),
            (None, Otherwise::By(answer)) => answer(request),
        }
    }

    fn with_listed<T>(&self, with: impl FnOnce(&mut VecDeque<Answer>) -> T) -> T {
        // Whole also if a thread has panicked.
        with(&mut self.listed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Otherwise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same(answer) => answer.fmt(f),
            Self::By(_) => f.write_str("by a function"),
        }
    }
}
